// dynamics-web-api, unchanged from npm, against the sandbox. Every answer is compared with the sandbox's own state.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { DynamicsWebApi } from "dynamics-web-api";
import { post, ready, rows, token } from "./dynamics.mjs";

const formatted = "OData.Community.Display.V1.FormattedValue";
const target = "Microsoft.Dynamics.CRM.lookuplogicalname";
let api;

before(async () => {
  const accessToken = await token();
  api = new DynamicsWebApi({
    serverUrl: ready.url,
    dataApi: { version: "9.2" },
    onTokenRefresh: async () => accessToken,
  });
});

// Dates come revived as Date where they have no fraction; state says text.
function assertCell(value, cell, where) {
  if (value === null || value === undefined) assert.equal(cell, "", where);
  else if (value instanceof Date) assert.equal(value.getTime(), new Date(cell).getTime(), where);
  else if (typeof value === "number") assert.equal(value, Number(cell), where);
  else assert.equal(String(value), cell, where);
}

function assertRecords(records, state, key, fields) {
  for (const record of records) {
    const row = state.get(record[key]);
    assert.ok(row, `${record[key]} isn't in the sandbox`);
    for (const field of fields) assertCell(record[field], row[field.replace(/^_(.*)_value$/, "$1")], field);
  }
}

test("the organisation says who asks and which version it has", async () => {
  const { UserId } = await api.callFunction({ name: "WhoAmI" });
  assert.ok((await rows("systemuser")).has(UserId));
  assert.match((await api.callFunction({ name: "RetrieveVersion" })).Version, /^9\.2\./);
});

test("pages are followed until all records are there", async () => {
  const state = await rows("contact");
  const select = ["contactid", "lastname", "emailaddress1", "birthdate", "creditlimit", "_parentcustomerid_value", "modifiedon"];
  const records = [];
  let page = await api.retrieveMultiple({ collection: "contacts", select, maxPageSize: 500 });
  for (; ; page = await api.retrieveMultiple({ collection: "contacts", select, maxPageSize: 500 }, page.oDataNextLink)) {
    records.push(...page.value);
    if (!page.oDataNextLink) break;
    assert.equal(page.value.length, 500);
  }
  assert.equal(records.length, state.size);
  assert.equal(new Set(records.map((record) => record.contactid)).size, records.length);
  assertRecords(records, state, "contactid", select);
  const all = await api.retrieveAll({ collection: "contacts", select: ["contactid"] });
  assert.equal(all.value.length, state.size);
});

test("filters, order, counts and expansions agree with the rows", async () => {
  const contacts = await rows("contact");
  const accounts = await rows("account");
  const found = await api.retrieveMultiple({
    collection: "contacts",
    select: ["contactid", "lastname"],
    filter: "contains(lastname,'e') and statecode eq 0 and parentcustomerid_account/accountid ne null",
    orderBy: ["lastname desc", "contactid"],
    expand: [{ property: "parentcustomerid_account", select: ["name"] }],
    count: true,
  });
  const expected = [...contacts.values()].filter(
    (row) => /e/i.test(row.lastname) && row.statecode === "0" && accounts.has(row.parentcustomerid),
  );
  assert.equal(found.oDataCount, expected.length);
  assert.deepEqual(new Set(found.value.map((row) => row.contactid)), new Set(expected.map((row) => row.contactid)));
  for (const row of found.value)
    assert.equal(row.parentcustomerid_account.name, accounts.get(contacts.get(row.contactid).parentcustomerid).name);
  assert.equal(await api.count({ collection: "contacts" }), Math.min(contacts.size, 5000));
  assert.equal(await api.countAll({ collection: "contacts", filter: "statecode eq 0" }),
    [...contacts.values()].filter((row) => row.statecode === "0").length);
});

test("annotations tell labels and what lookups point to", async () => {
  const accounts = await rows("account");
  const contacts = await rows("contact");
  const { value } = await api.retrieveMultiple({
    collection: "contacts",
    select: ["contactid", "_parentcustomerid_value", "statecode"],
    filter: "_parentcustomerid_value ne null",
    includeAnnotations: "*",
    maxPageSize: 50,
  });
  assert.ok(value.length > 0);
  for (const row of value) {
    assert.equal(row[`statecode@${formatted}`], row.statecode === 0 ? "Active" : "Inactive");
    const table = row[`_parentcustomerid_value@${target}`];
    assert.equal(table, contacts.get(row.contactid).parentcustomeridtype);
    const parent = (table === "account" ? accounts : contacts).get(row._parentcustomerid_value);
    if (parent) assert.equal(row[`_parentcustomerid_value@${formatted}`], parent.name ?? parent.fullname);
  }
});

test("one record is created, read, changed, cleared, linked and deleted", async () => {
  const name = 'Quote " comma , ünï 漢字 🙂';
  const made = await api.create({ collection: "accounts", data: { name, numberofemployees: 7 }, returnRepresentation: true });
  assert.equal(made.name, name);
  let row = (await rows("account")).get(made.accountid);
  assert.deepEqual([row.name, row.numberofemployees], [name, "7"]);
  const key = made.accountid;
  assert.equal((await api.retrieve({ collection: "accounts", key, select: ["name"] })).name, name);
  await api.update({ collection: "accounts", key, data: { name: "Changed", numberofemployees: null } });
  await api.updateSingleProperty({ collection: "accounts", key, fieldValuePair: { telephone1: "123" } });
  row = (await rows("account")).get(key);
  assert.deepEqual([row.name, row.numberofemployees, row.telephone1], ["Changed", "", "123"]);
  const contactid = await api.create({
    collection: "contacts",
    data: { lastname: "Linked", "parentcustomerid_account@odata.bind": `/accounts(${key})` },
  });
  const contact = (await rows("contact")).get(contactid);
  assert.deepEqual([contact.parentcustomerid, contact.parentcustomeridtype], [key, "account"]);
  await api.associateSingleValued({
    collection: "accounts", primaryKey: key, navigationProperty: "primarycontactid",
    relatedCollection: "contacts", relatedKey: contactid,
  });
  assert.equal((await rows("account")).get(key).primarycontactid, contactid);
  await api.disassociateSingleValued({ collection: "accounts", primaryKey: key, navigationProperty: "primarycontactid" });
  assert.equal((await rows("account")).get(key).primarycontactid, "");
  await api.deleteRecord({ collection: "contacts", key: contactid });
  assert.ok(!(await rows("contact")).has(contactid));
  await assert.rejects(api.retrieve({ collection: "contacts", key: contactid }), (error) => error.code === "0x80040217");
  await assert.rejects(api.update({ collection: "contacts", key: contactid, data: { lastname: "x" } }),
    (error) => error.status === 404);
});

test("upsert makes the record under its id, and versions guard changes", async () => {
  const key = "7f3c9a10-0000-4000-8000-0000000000ab";
  await api.upsert({ collection: "accounts", key, data: { name: "Upserted" } });
  assert.equal((await rows("account")).get(key).name, "Upserted");
  const { "@odata.etag": ifmatch } = await api.retrieve({ collection: "accounts", key, select: ["name"] });
  await api.update({ collection: "accounts", key, data: { name: "Second" }, ifmatch });
  // This client tells a failed condition by its result.
  assert.equal(await api.update({ collection: "accounts", key, data: { name: "Third" }, ifmatch }), false);
  assert.equal((await rows("account")).get(key).name, "Second");
  assert.equal(await api.upsert({ collection: "accounts", key, data: { name: "x" }, ifnonematch: "*" }), null);
});

test("a batch with a change set makes linked records, and answers a query behind them", async () => {
  api.startBatch();
  api.create({ collection: "accounts", data: { name: "Batched" }, contentId: "1" });
  api.create({ collection: "contacts", data: { lastname: "One", "parentcustomerid_account@odata.bind": "$1" } });
  api.create({ collection: "contacts", data: { lastname: "Two", "parentcustomerid_account@odata.bind": "$1" } });
  api.retrieveMultiple({ collection: "contacts", select: ["lastname"], filter: "lastname eq 'Two'" });
  const [account, one, two, found] = await api.executeBatch();
  const contacts = await rows("contact");
  assert.equal((await rows("account")).get(account).name, "Batched");
  for (const id of [one, two]) assert.equal(contacts.get(id).parentcustomerid, account);
  assert.ok(found.value.some((row) => row.contactid === two));
});

test("a change set that fails leaves nothing behind", async () => {
  const before = (await rows("account")).size;
  api.startBatch();
  api.create({ collection: "accounts", data: { name: "Undone" } });
  api.create({ collection: "accounts", data: { name: "x".repeat(5000) } });
  await assert.rejects(api.executeBatch());
  assert.equal((await rows("account")).size, before);
});

test("batches without change sets go on behind an error where asked", async () => {
  api.startBatch();
  api.retrieve({ collection: "accounts", key: "00000000-0000-0000-0000-00000000dead", select: ["name"] });
  api.retrieveMultiple({ collection: "accounts", select: ["name"], top: 1 });
  const answers = await api.executeBatch({ continueOnError: true, inChangeSet: false }).catch((errors) => errors);
  assert.equal(answers.length, 2);
  assert.equal(answers[1].value.length, 1);
});

test("writes in a batch without a change set have outcomes of their own, under ids that the client makes", async () => {
  const made = "7f3c9a10-0000-4000-8000-0000000000b1";
  const gone = await api.create({ collection: "accounts", data: { name: "Gone soon" } });
  api.startBatch();
  api.upsert({ collection: "accounts", key: made, data: { name: "Made in a batch" }, ifnonematch: "*" });
  api.update({ collection: "accounts", key: made, data: { name: "x".repeat(5000) } });
  api.update({ collection: "accounts", key: made, data: { telephone1: "5" } });
  api.deleteRecord({ collection: "accounts", key: gone });
  const answers = await api.executeBatch({ continueOnError: true, inChangeSet: false }).catch((errors) => errors);
  assert.equal(answers.length, 4);
  assert.equal(answers.filter((answer) => answer instanceof Error).map((failed) => failed.error.code).join(), "0x80044331");
  const accounts = await rows("account");
  assert.deepEqual([accounts.get(made).name, accounts.get(made).telephone1], ["Made in a batch", "5"]);
  assert.ok(!accounts.has(gone));
});

test("a batch of upserts by an alternate key makes and changes", async () => {
  const names = async () => new Map([...(await rows("contact")).values()].map((row) => [row.new_externalkey, row.lastname]));
  for (const lastname of ["First", "Second"]) {
    api.startBatch();
    for (const key of ["batch-1", "batch-2"])
      api.upsert({ collection: "contacts", key: `new_externalkey='${key}'`, data: { lastname: `${lastname} ${key}` } });
    await api.executeBatch({ inChangeSet: false });
    const found = await names();
    for (const key of ["batch-1", "batch-2"]) assert.equal(found.get(key), `${lastname} ${key}`);
  }
});

test("bulk messages are called as actions bound to a set", async () => {
  const type = "Microsoft.Dynamics.CRM.account";
  const { Ids } = await api.callAction({
    collection: "accounts", actionName: "Microsoft.Dynamics.CRM.CreateMultiple",
    action: { Targets: [{ "@odata.type": type, name: "Bulk one" }, { "@odata.type": type, name: "Bulk two" }] },
  });
  const accounts = await rows("account");
  assert.deepEqual(Ids.map((id) => accounts.get(id).name), ["Bulk one", "Bulk two"]);
  await api.callAction({
    actionName: "Merge",
    action: {
      Target: { "@odata.type": type, accountid: Ids[0] },
      Subordinate: { "@odata.type": type, accountid: Ids[1] },
      PerformParentingChecks: false,
    },
  });
  const merged = (await rows("account")).get(Ids[1]);
  assert.deepEqual([merged.statecode, merged.masterid], ["1", Ids[0]]);
});

test("changes are tracked from a delta link, with what was deleted", async () => {
  const select = ["name", "accountnumber"];
  const kept = await api.create({ collection: "accounts", data: { name: "Kept" } });
  const gone = await api.create({ collection: "accounts", data: { name: "Gone" } });
  const request = { collection: "accounts", select, trackChanges: true, maxPageSize: 5000 };
  const first = await api.retrieveMultiple(request);
  assert.equal(first.value.length, (await rows("account")).size);
  assert.ok(first.oDataDeltaLink);
  const quiet = await api.retrieveMultiple({ collection: "accounts" }, first.oDataDeltaLink);
  assert.deepEqual(quiet.value, []);
  await api.update({ collection: "accounts", key: kept, data: { name: "Kept still" } });
  await api.deleteRecord({ collection: "accounts", key: gone });
  const { value, oDataDeltaLink } = await api.retrieveMultiple({ collection: "accounts" }, quiet.oDataDeltaLink);
  assert.deepEqual(value.map((row) => row.accountid ?? row.id), [kept, gone]);
  assert.equal(value[0].name, "Kept still");
  assert.equal(value[1].reason, "deleted");
  await post("/sandbox/deltas/expire");
  await assert.rejects(api.retrieveMultiple({ collection: "accounts" }, oDataDeltaLink), (error) => error.code === "0x80044352");
});

test("metadata names tables, attributes with their options, relationships and global choices", async () => {
  const { value: tables } = await api.retrieveEntities({ select: ["LogicalName", "EntitySetName"] });
  for (const name of ["account", "contact", "lead", "opportunity", "salesorder", "systemuser"])
    assert.ok(tables.some((table) => table.LogicalName === name && table.EntitySetName), name);
  const contact = await api.retrieveEntity({
    key: "LogicalName='contact'", select: ["PrimaryIdAttribute"], expand: [{ property: "Attributes" }],
  });
  const [row] = (await rows("contact")).values();
  const names = contact.Attributes.map((attribute) => attribute.LogicalName);
  for (const name of Object.keys(row)) assert.ok(names.includes(name), name);
  const { value: picklists } = await api.retrieveAttributes({
    entityKey: "LogicalName='contact'",
    castType: "Microsoft.Dynamics.CRM.PicklistAttributeMetadata",
    expand: [{ property: "OptionSet" }],
  });
  assert.ok(picklists.length > 0);
  for (const { OptionSet } of picklists) assert.ok(OptionSet.Options.every((option) => Number.isInteger(option.Value)));
  assert.ok((await api.retrieveGlobalOptionSets()).value.length > 0);
  assert.ok((await api.retrieveRelationships({ castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata" })).value.length > 0);
  assert.match(await api.retrieveCsdlMetadata(), /<EntityType Name="contact"/);
});
