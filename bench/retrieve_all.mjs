// What dynamics-web-api needs for the same rows, loading nothing: retrieve_all.mjs READY_FILE SET SELECT PAGE_ROWS.
// Prints how many records came and how many pages that took.
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../tests/clients/package.json", import.meta.url));
const { DynamicsWebApi } = require("dynamics-web-api");

const [readyFile, collection, select, pageRows] = process.argv.slice(2);
const ready = JSON.parse(fs.readFileSync(readyFile)).dynamics;
const answer = await fetch(`${ready.authority}/oauth2/v2.0/token`, {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "client_credentials",
    client_id: ready.client_id,
    client_secret: ready.client_secret,
    scope: `${ready.url}/.default`,
  }),
});
const { access_token: token } = await answer.json();
const client = new DynamicsWebApi({
  serverUrl: ready.url,
  dataApi: { version: "9.2" },
  onTokenRefresh: async () => token,
});
const found = await client.retrieveAll({ collection, select: select.split(","), maxPageSize: Number(pageRows) });
console.log(`${found.value.length} ${Math.ceil(found.value.length / Number(pageRows))}`);
