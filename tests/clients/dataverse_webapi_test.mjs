// dataverse-webapi, unchanged from npm, against the sandbox on port 443, which is all that it can ask.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  batchOperation, create, createWithReturnData, deleteRecord, retrieve, retrieveMultiple, retrieveMultipleNextPage,
  update, WebApiConfig,
} from "dataverse-webapi/lib/node";
import { rows, token } from "./dynamics.mjs";

let config;

// Following a link leaves its address in the configuration, so each test has its own.
beforeEach(async () => {
  config = new WebApiConfig("9.2", await token(), "https://localhost");
});

test("pages are followed by their links", async () => {
  const state = await rows("contact");
  const query = "$select=contactid,lastname";
  let page = await retrieveMultiple(config, "contacts", query, { maxPageSize: 500 });
  const records = [...page.value];
  while (page["@odata.nextLink"]) {
    page = await retrieveMultipleNextPage(config, page["@odata.nextLink"], { maxPageSize: 500 });
    records.push(...page.value);
  }
  assert.equal(records.length, state.size);
  for (const { contactid, lastname } of records) assert.equal(lastname, state.get(contactid).lastname);
});

test("a record is created, read by its upper-case id, updated and deleted", async () => {
  const id = await create(config, "accounts", { name: "Made" });
  assert.equal((await rows("account")).get(id.toLowerCase()).name, "Made");
  assert.equal((await retrieve(config, "accounts", id, "$select=name")).name, "Made");
  await update(config, "accounts", id, { name: "Changed" });
  assert.equal((await rows("account")).get(id.toLowerCase()).name, "Changed");
  await deleteRecord(config, "accounts", id);
  assert.ok(!(await rows("account")).has(id.toLowerCase()));
  const made = await createWithReturnData(config, "accounts", { name: "Seen" }, "$select=name,accountid");
  assert.equal((await rows("account")).get(made.accountid).name, "Seen");
});

test("a body that says it is shorter than it is doesn't pass", async () => {
  const before = (await rows("account")).size;
  await assert.rejects(create(config, "accounts", { name: "ünï 漢字" }));
  assert.equal((await rows("account")).size, before);
});

test("a batch with a change set answers each part", async () => {
  const answers = await batchOperation(
    config, "1", "2",
    [
      { queryString: "accounts", entity: { name: "First" }, method: "POST" },
      { queryString: "accounts", entity: { name: "Second" }, method: "POST" },
    ],
    ["accounts?$select=name&$filter=name eq 'Second'"],
  );
  assert.ok(Array.isArray(answers) && answers.length === 3, JSON.stringify(answers));
  const names = [...(await rows("account")).values()].map((row) => row.name);
  for (const name of ["First", "Second"]) assert.ok(names.includes(name));
});
