// The sandbox as it sees itself: what the clients' answers are compared with.
import { readFileSync } from "node:fs";

export const ready = JSON.parse(readFileSync(process.env.SANDBOX_READY, "utf8")).salesforce;

async function ask(method, path, body) {
  const answer = await fetch(ready.url + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

export const post = (path, body = {}) => ask("POST", path, body);

export const journal = async () => (await (await ask("GET", "/sandbox/journal")).json()).requests;

// CSV as the bulk dialect has it, every cell quoted or bare, line breaks inside quotes.
export function parseCsv(text) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  for (let match; cell.lastIndex < text.length && (match = cell.exec(text)); ) {
    rows.at(-1).push(match[1] !== undefined ? match[1].replaceAll('""', '"') : match[2]);
    if (match[3] !== "," && cell.lastIndex < text.length) rows.push([]);
  }
  const [names, ...records] = rows;
  return records.map((record) => Object.fromEntries(names.map((name, i) => [name, record[i]])));
}

// All records of an object, deleted ones too, by id.
export async function rows(object) {
  const answer = await ask("GET", `/sandbox/rows?object=${object}`);
  return new Map(parseCsv(await answer.text()).map((row) => [row.Id, row]));
}
