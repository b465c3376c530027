// The sandbox's Dynamics face as it sees itself: what the clients' answers are compared with.
import { readFileSync } from "node:fs";
import { parseCsv } from "./sandbox.mjs";

export const ready = JSON.parse(readFileSync(process.env.SANDBOX_READY, "utf8")).dynamics;
export const tenant = ready.authority;
export const scope = `${ready.url}/.default`;

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

// Live rows of a table by id, their cells as text.
export async function rows(table, key = `${table}id`) {
  const answer = await ask("GET", `/sandbox/rows?table=${table}`);
  return new Map(parseCsv(await answer.text()).map((row) => [row[key], row]));
}

// A token as a client with a secret gets it.
export async function token() {
  const answer = await fetch(`${tenant}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: ready.client_id,
      client_secret: ready.client_secret,
      scope,
    }),
  });
  return (await answer.json()).access_token;
}
