// What a careful person would script with dynamics-web-api: batches of 100 records from a CSV file that is ready, 52 in
// flight; after a refusal all of them pause for as long as it asks, since whoever goes on asking has to wait longer.
// batch_write.mjs READY_FILE SET OPERATION KEY FILE; prints how many records were taken.
import fs from "node:fs";
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

const require = createRequire(new URL("../tests/clients/package.json", import.meta.url));
const { DynamicsWebApi } = require("dynamics-web-api");

const [readyFile, collection, operation, key, file] = process.argv.slice(2);
const ready = JSON.parse(fs.readFileSync(readyFile)).dynamics;
process.env.SANDBOX_READY = readyFile;
const { token } = await import("../tests/clients/dynamics.mjs");
const { parseCsv } = await import("../tests/clients/sandbox.mjs");

const batchRows = 100;
const inFlight = 52;
const accessToken = await token();
const waiting = [];
for (let rows = parseCsv(fs.readFileSync(file, "utf8")); rows.length > 0; ) waiting.push(rows.splice(0, batchRows));
let taken = 0;
let heldUntil = 0;

async function send(client, rows) {
  client.startBatch();
  for (const { [key]: value, ...data } of rows)
    client[operation]({ collection, key: operation === "update" ? value : `${key}='${value}'`, data });
  const answers = await client.executeBatch({ continueOnError: true, inChangeSet: false });
  taken += answers.filter((answer) => !(answer instanceof Error)).length;
}

async function lane() {
  const client = new DynamicsWebApi({
    serverUrl: ready.url,
    dataApi: { version: "9.2" },
    onTokenRefresh: async () => accessToken,
  });
  for (let rows; (rows = waiting.shift()); ) {
    while (Date.now() < heldUntil) await setTimeout(heldUntil - Date.now());
    try {
      await send(client, rows);
    } catch (error) {
      if (error.status !== 429) throw error;
      waiting.push(rows);
      heldUntil = Math.max(heldUntil, Date.now() + 1000 * Number(error.headers["retry-after"]));
    }
  }
}

await Promise.all(Array.from({ length: inFlight }, lane));
console.log(taken);
