// A plain OData v4 service by @sap/cds over SQLite, behind https on a free port of loopback:
// server.cjs CERTIFICATE_AND_KEY ROWS DATABASE READY_FILE. The ready file gets the service's address when it listens.
const fs = require("node:fs");
const https = require("node:https");
const express = require("express");
const cds = require("@sap/cds");

const [pem, rows, database, readyFile] = process.argv.slice(2);

// Texts of several scripts, quotes, line breaks; nulls; many rows on one stamp.
const fill = `
  WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${Number(rows)})
  INSERT INTO shop_Customers (ID, createdAt, modifiedAt, name, email, balance, score, visits, born, seen, active, notes, country_code)
  SELECT printf('%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i),
         strftime('%Y-%m-%dT%H:%M:%fZ', 1700000000 + i / 200, 'unixepoch'),
         strftime('%Y-%m-%dT%H:%M:%fZ', 1750000000 + i / 200, 'unixepoch'),
         CASE i % 4 WHEN 0 THEN 'Åsa ' WHEN 1 THEN '山田 ' WHEN 2 THEN 'O''Neil "' ELSE '😀 ' END || i,
         CASE WHEN i % 5 THEN 'c' || i || '@example.com' END,
         CASE WHEN i % 7 THEN round(i * 1.17, 2) END,
         i / 3.0, i % 100, date(i * 3600 * 24 % 1500000000, 'unixepoch'),
         strftime('%Y-%m-%dT%H:%M:%fZ', 1600000000 + i, 'unixepoch'), i % 2,
         CASE i % 3 WHEN 0 THEN 'line one' || char(10) || 'line "two"' END, substr('SEDEFR', 1 + 2 * (i % 3), 2)
  FROM n`;

async function main() {
  cds.root = __dirname;
  const model = await cds.load([`${__dirname}/shop.cds`]);
  cds.model = cds.compile.for.nodejs(model);
  const db = await cds.connect.to("db", { kind: "sqlite", credentials: { url: database } });
  await cds.deploy(model).to(db);
  await db.run(`INSERT INTO shop_Countries (code, name) VALUES ('SE', 'Sverige'), ('DE', 'Deutschland'), ('FR', 'France')`);
  await db.run(fill);
  const app = express();
  await cds.serve("all").from(model).in(app);
  const text = fs.readFileSync(pem);
  const server = https.createServer({ cert: text, key: text }, app);
  server.listen(0, "127.0.0.1", () => {
    const url = `https://127.0.0.1:${server.address().port}/odata/v4/shop`;
    fs.writeFileSync(`${readyFile}.new`, JSON.stringify({ url, user: "reader", password: "s3cret pass" }));
    fs.renameSync(`${readyFile}.new`, readyFile);
  });
  process.on("SIGTERM", () => process.exit(0));
}

main().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
