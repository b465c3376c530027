// jsforce, unchanged from npm, against the sandbox. Every answer is compared with the sandbox's own state.
import assert from "node:assert/strict";
import { test } from "node:test";
import jsforce from "jsforce";
import { journal, post, ready, rows } from "./sandbox.mjs";

const oauth2 = { loginUrl: ready.url, clientId: ready.client_id, clientSecret: ready.client_secret };
const version = "60.0";

async function withPassword(more = {}) {
  const connection = new jsforce.Connection({ oauth2, version, ...more });
  await connection.login(ready.username, ready.password + ready.security_token);
  return connection;
}

// REST says null and 2026-11-01T10:00:00.000+0000 where CSV says nothing and …Z; numbers may differ in form.
function assertCell(value, cell, where) {
  if (value === null) assert.equal(cell, "", where);
  else if (typeof value === "number") assert.equal(value, Number(cell), where);
  else if (typeof value === "boolean") assert.equal(String(value), cell, where);
  else assert.equal(value.replace(/\+0000$/, "Z"), cell, where);
}

function assertRecords(records, state, fields) {
  for (const record of records) {
    const row = state.get(record.Id);
    assert.ok(row, `${record.Id} isn't in the sandbox`);
    for (const field of fields) assertCell(record[field], row[field], `${record.Id} ${field}`);
  }
}

const live = (state) => [...state.values()].filter((row) => row.IsDeleted !== "true");

test("password flow logs in as the user that the sandbox has", async () => {
  const connection = await withPassword();
  const users = await rows("User");
  const identity = await connection.identity();
  assert.equal(identity.username, ready.username);
  assert.equal(users.get(identity.user_id).Username, ready.username);
});

test("a wrong password is refused", async () => {
  const connection = new jsforce.Connection({ oauth2, version });
  await assert.rejects(connection.login(ready.username, "wrong"), /invalid_grant|authentication failure/);
});

test("SOAP login works up to version 64, and ends with logout", async () => {
  const connection = new jsforce.Connection({ loginUrl: ready.url, version: "64.0" });
  const user = await connection.login(ready.username, ready.password + ready.security_token);
  assert.ok((await rows("User")).has(user.id));
  assert.equal((await connection.query("SELECT Id FROM Account")).totalSize, live(await rows("Account")).length);
  const { accessToken, instanceUrl } = connection;
  await connection.logout();
  const after = new jsforce.Connection({ instanceUrl, accessToken, version });
  await assert.rejects(after.query("SELECT Id FROM Account"), /INVALID_SESSION_ID|Session expired/);
});

test("SOAP login is gone from version 65 on, and tells wrong passwords", async () => {
  const newer = new jsforce.Connection({ loginUrl: ready.url, version: "65.0" });
  await assert.rejects(newer.login(ready.username, ready.password + ready.security_token), /UNSUPPORTED_API_VERSION/);
  const wrong = new jsforce.Connection({ loginUrl: ready.url, version: "64.0" });
  await assert.rejects(wrong.login(ready.username, "wrong"), /INVALID_LOGIN/);
});

test("a code with PKCE, allowed on the consent page, becomes tokens that can be refreshed", async () => {
  const app = new jsforce.OAuth2({
    loginUrl: ready.url,
    clientId: ready.client_id,
    redirectUri: "http://localhost:1717/OauthRedirect",
    useVerifier: true,
  });
  const page = await (await fetch(app.getAuthorizationUrl({ scope: "api refresh_token", state: "a b" }))).text();
  const fields = [...page.matchAll(/name="(\w+)" value="([^"]*)">/g)].map(([, name, value]) => [name, value]);
  const answer = await fetch(`${ready.url}/services/oauth2/authorize`, {
    method: "POST",
    body: new URLSearchParams([...fields.filter(([name]) => name !== "decision"), ["decision", "allow"]]),
    redirect: "manual",
  });
  const target = new URL(answer.headers.get("location"));
  assert.equal(target.origin + target.pathname, app.redirectUri);
  assert.equal(target.searchParams.get("state"), "a b");
  const connection = new jsforce.Connection({ oauth2: app, version });
  await connection.authorize(target.searchParams.get("code"));
  const expected = live(await rows("Account")).length;
  assert.equal((await connection.query("SELECT Id FROM Account")).totalSize, expected);
  await post("/sandbox/session/expire");
  assert.equal((await connection.query("SELECT Id FROM Account")).totalSize, expected);
});

test("updated and deleted records are listed with what is covered", async () => {
  const connection = await withPassword();
  const { id } = await connection.sobject("Account").create({ Name: "Listed" });
  const end = new Date(Date.now() + 120_000);
  const start = new Date(Date.now() - 120_000);
  assert.ok((await connection.updated("Account", start, end)).ids.includes(id));
  await connection.sobject("Account").destroy(id);
  const gone = await connection.deleted("Account", start, end);
  assert.ok(gone.deletedRecords.some((record) => record.id === id));
  assert.ok(new Date(gone.latestDateCovered) <= new Date());
});

test("client credentials flow logs in", async () => {
  const connection = new jsforce.Connection({ instanceUrl: ready.url, oauth2, version });
  await connection.authorize({ grant_type: "client_credentials" });
  const { totalSize } = await connection.query("SELECT Id FROM Account");
  assert.equal(totalSize, live(await rows("Account")).length);
});

test("after the session expired, the refresh token gets another", async () => {
  const { accessToken } = await withPassword();
  const refreshToken = ready.refresh_token;
  const connection = new jsforce.Connection({ instanceUrl: ready.url, oauth2, accessToken, refreshToken, version });
  let refreshes = 0;
  connection.on("refresh", () => (refreshes += 1));
  await connection.query("SELECT Id FROM Account LIMIT 1");
  assert.equal(refreshes, 0);
  await post("/sandbox/session/expire");
  const answers = await Promise.all([1, 2, 3].map(() => connection.query("SELECT Id FROM Account")));
  const expected = live(await rows("Account")).length;
  for (const { totalSize } of answers) assert.equal(totalSize, expected);
  assert.equal(refreshes, 1);
  assert.notEqual(connection.accessToken, accessToken);
});

test("describe and describeGlobal name what the sandbox has", async () => {
  const connection = await withPassword();
  const { fields } = await connection.describe("Contact");
  const [row] = (await rows("Contact")).values();
  const described = fields.filter((field) => !["address", "location"].includes(field.type)).map((field) => field.name);
  assert.deepEqual(described.sort(), Object.keys(row).sort());
  assert.ok(described.length >= 25);
  const { sobjects } = await connection.describeGlobal();
  for (const name of ["Account", "Contact", "Lead", "Opportunity", "Order", "User"])
    assert.ok(sobjects.some((object) => object.name === name && object.queryable), name);
});

test("query pages until all records are there", async () => {
  const connection = await withPassword();
  const state = await rows("Contact");
  const before = (await journal()).length;
  const fields = ["Id", "LastName", "Email", "Description", "Birthdate", "SystemModstamp", "IsDeleted"];
  const { records, done } = await connection.query(`SELECT ${fields.join(", ")} FROM Contact`, {
    autoFetch: true,
    maxFetch: 10_000,
  });
  assert.ok(done);
  assert.equal(records.length, live(state).length);
  assert.equal(new Set(records.map((record) => record.Id)).size, records.length);
  assertRecords(records, state, fields);
  const pages = (await journal()).slice(before).filter((entry) => entry.path.includes("/query"));
  assert.equal(pages.length, Math.ceil(records.length / 2000));
});

test("query reaches parents, filters and orders", async () => {
  const connection = await withPassword();
  const contacts = await rows("Contact");
  const accounts = await rows("Account");
  const { records } = await connection.query(
    "SELECT Id, Account.Name FROM Contact WHERE AccountId != null AND (Email != null OR Phone != null) ORDER BY Id LIMIT 200",
  );
  const expected = live(contacts).filter((row) => row.AccountId && (row.Email || row.Phone)).map((row) => row.Id);
  assert.deepEqual(records.map((record) => record.Id), expected.sort().slice(0, 200));
  for (const { Id, Account } of records) assert.equal(Account.Name, accounts.get(contacts.get(Id).AccountId).Name);
});

test("a bulk query of one page brings every record", async () => {
  const connection = await withPassword();
  const state = await rows("Contact");
  connection.bulk2.pollInterval = 50;
  const fields = ["Id", "LastName", "Email", "MailingStreet", "SystemModstamp"];
  const records = await (await connection.bulk2.query(`SELECT ${fields.join(", ")} FROM Contact`)).toArray();
  assert.equal(records.length, live(state).length);
  assertRecords(records.map((r) => ({ ...r, SystemModstamp: r.SystemModstamp })), state, fields);
});

test("one record is created, read, updated and deleted", async () => {
  const connection = await withPassword();
  const name = 'Quote " comma , ünï 漢字 🙂';
  const { id, success } = await connection.sobject("Account").create({ Name: name, NumberOfEmployees: 7 });
  assert.ok(success);
  let row = (await rows("Account")).get(id);
  assert.equal(row.Name, name);
  assert.equal(Number(row.NumberOfEmployees), 7);
  assert.equal((await connection.sobject("Account").retrieve(id)).Name, name);
  assert.ok((await connection.sobject("Account").update({ Id: id, Name: "Changed", NumberOfEmployees: null })).success);
  row = (await rows("Account")).get(id);
  assert.deepEqual([row.Name, row.NumberOfEmployees, row.IsDeleted], ["Changed", "", "false"]);
  assert.ok((await connection.sobject("Account").destroy(id)).success);
  assert.equal((await rows("Account")).get(id).IsDeleted, "true");
  await assert.rejects(connection.sobject("Account").retrieve(id), /NOT_FOUND|ENTITY_IS_DELETED|deleted|not exist/i);
});

test("arrays of records are created, read, updated and deleted, each with an answer of its own", async () => {
  const connection = await withPassword();
  const account = connection.sobject("Account");
  const made = await account.create([{ Name: "Array 1" }, { NumberOfEmployees: 3 }, { Name: "Array 3" }]);
  assert.deepEqual(made.map((answer) => answer.success), [true, false, true]);
  assert.equal(made[1].errors[0].statusCode ?? made[1].errors[0].errorCode, "REQUIRED_FIELD_MISSING");
  const ids = [made[0].id, made[2].id];
  const read = await account.retrieve(ids);
  assert.deepEqual(read.map((record) => record.Name), ["Array 1", "Array 3"]);
  const changed = await account.update(ids.map((Id) => ({ Id, Name: `${Id} changed` })));
  assert.ok(changed.every((answer) => answer.success));
  let state = await rows("Account");
  for (const id of ids) assert.equal(state.get(id).Name, `${id} changed`);
  const removed = await account.destroy(ids);
  assert.ok(removed.every((answer) => answer.success));
  state = await rows("Account");
  for (const id of ids) assert.equal(state.get(id).IsDeleted, "true");
});

test("upsert creates by external id, then updates the same record; single and arrays", async () => {
  const connection = await withPassword();
  const account = connection.sobject("Account");
  const withKey = async (key) => live(await rows("Account")).filter((row) => row.ExtKey__c === key);
  assert.ok((await account.upsert({ ExtKey__c: "jsforce-1", Name: "First" }, "ExtKey__c")).success);
  const [first] = await withKey("jsforce-1");
  assert.equal(first.Name, "First");
  assert.ok((await account.upsert({ ExtKey__c: "jsforce-1", Name: "Second" }, "ExtKey__c")).success);
  const again = await withKey("jsforce-1");
  assert.deepEqual(again.map((row) => [row.Id, row.Name]), [[first.Id, "Second"]]);
  const answers = await account.upsert(
    [{ ExtKey__c: "jsforce-1", Name: "Third" }, { ExtKey__c: "jsforce-2", Name: "New" }],
    "ExtKey__c",
  );
  assert.ok(answers.every((answer) => answer.success));
  assert.deepEqual((await withKey("jsforce-1")).map((row) => row.Name), ["Third"]);
  assert.deepEqual((await withKey("jsforce-2")).map((row) => row.Name), ["New"]);
});

// Rows as a bulk job's results have them, by a column.
const resultsBy = (list, column) => new Map(list.map((row) => [row[column], row]));

async function bulk(connection, operation, input, more = {}) {
  return connection.bulk2.loadAndWaitForResults({
    object: "Contact", operation, input, pollInterval: 50, pollTimeout: 60_000, ...more,
  });
}

test("a bulk job inserts, and says of every row what became of it", async () => {
  const connection = await withPassword();
  const input = Array.from({ length: 450 }, (_, i) => ({
    LastName: i % 50 === 0 ? "" : `Bulk, "${i}"\nünï`, ExtKey__c: `bulk-${i}`, Description: null, Vip__c: i % 2 === 0,
  }));
  const { successfulResults, failedResults, unprocessedRecords } = await bulk(connection, "insert", input);
  assert.equal(successfulResults.length + failedResults.length, 450);
  assert.equal(unprocessedRecords.length, 0);
  const state = await rows("Contact");
  const found = resultsBy(successfulResults, "ExtKey__c");
  const missed = resultsBy(failedResults, "ExtKey__c");
  input.forEach((record, i) => {
    if (i % 50 === 0) {
      assert.match(missed.get(record.ExtKey__c).sf__Error, /^REQUIRED_FIELD_MISSING:.*:LastName --$/);
      return;
    }
    const { sf__Id, sf__Created } = found.get(record.ExtKey__c);
    assert.equal(sf__Created, "true");
    const row = state.get(sf__Id);
    assert.deepEqual([row.LastName, row.Vip__c, row.Description], [record.LastName, String(record.Vip__c), ""]);
  });
  assert.notDeepEqual(successfulResults.map((row) => row.ExtKey__c), input.map((record) => record.ExtKey__c)
    .filter((key) => found.has(key)), "results are in an order of their own");
});

test("bulk jobs update, upsert by external id and delete", async () => {
  const connection = await withPassword();
  const keys = ["cycle-1", "cycle-2", "cycle-3"];
  const made = await bulk(connection, "upsert", keys.map((key) => ({ ExtKey__c: key, LastName: key, Email: "a@b.example" })),
    { externalIdFieldName: "ExtKey__c" });
  const ids = new Map(made.successfulResults.map((row) => [row.ExtKey__c, row.sf__Id]));
  assert.ok(made.successfulResults.every((row) => row.sf__Created === "true"));
  const updated = await bulk(connection, "update", keys.map((key) => ({ Id: ids.get(key), LastName: `${key} new`, Email: null })));
  assert.deepEqual(updated.successfulResults.map((row) => [row.sf__Id, row.sf__Created]).sort(),
    [...ids.values()].map((id) => [id, "false"]).sort());
  const again = await bulk(connection, "upsert", [{ ExtKey__c: "cycle-1", Phone: "1", LastName: "" },
    { ExtKey__c: "cycle-4", Phone: "", LastName: "Four" }], { externalIdFieldName: "ExtKey__c" });
  assert.deepEqual(Object.fromEntries(again.successfulResults.map((row) => [row.ExtKey__c, row.sf__Created])),
    { "cycle-1": "false", "cycle-4": "true" });
  let row = (await rows("Contact")).get(ids.get("cycle-1"));
  assert.deepEqual([row.LastName, row.Email, row.Phone], ["cycle-1 new", "", "1"]);
  const gone = await bulk(connection, "delete", [...ids.values()].map((Id) => ({ Id })));
  assert.equal(gone.successfulResults.length, 3);
  row = (await rows("Contact")).get(ids.get("cycle-1"));
  assert.equal(row.IsDeleted, "true");
  const hard = await bulk(connection, "hardDelete", [{ Id: ids.get("cycle-2") }]);
  assert.equal(hard.successfulResults.length, 1);
  assert.equal((await rows("Contact")).has(ids.get("cycle-2")), false);
});

test("a bulk job with a column that isn't there fails as a whole", async () => {
  const connection = await withPassword();
  await assert.rejects(bulk(connection, "insert", [{ LastName: "x", Nothing__c: "y" }]),
    /Field name not found : Nothing__c/);
});
