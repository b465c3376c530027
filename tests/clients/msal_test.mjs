// @azure/msal-node, unchanged from npm, against the sandbox's stand-in for Entra ID. Each token has to open the
// Web API as the one it was given to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createHash, X509Certificate } from "node:crypto";
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from "@azure/msal-node";
import { post, ready, scope, tenant } from "./dynamics.mjs";

const knownAuthorities = [new URL(ready.url).host];
const user = [`${ready.url}/user_impersonation`];
const certificate = readFileSync(ready.certificate, "utf8");
const thumbprintSha256 = createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");

const confidential = (auth) =>
  new ConfidentialClientApplication({ auth: { clientId: ready.client_id, authority: tenant, knownAuthorities, ...auth } });
const open = () =>
  new PublicClientApplication({ auth: { clientId: ready.client_id, authority: tenant, knownAuthorities } });

async function whoAmI({ accessToken }) {
  const answer = await fetch(`${ready.url}/api/data/v9.2/WhoAmI`, { headers: { Authorization: `Bearer ${accessToken}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()).UserId;
}

test("a secret logs in, and a wrong one is told by its code", async () => {
  const answer = await confidential({ clientSecret: ready.client_secret }).acquireTokenByClientCredential({ scopes: [scope] });
  assert.ok(await whoAmI(answer));
  await assert.rejects(
    confidential({ clientSecret: "wrong" }).acquireTokenByClientCredential({ scopes: [scope] }),
    (error) => error.errorCode === "invalid_client" && /AADSTS7000215/.test(error.errorMessage),
  );
});

test("a certificate logs in: named by SHA-256, by SHA-1, and with its chain", async () => {
  const privateKey = readFileSync(ready.private_key, "utf8");
  const thumbprint = new X509Certificate(certificate).fingerprint.replaceAll(":", "");
  for (const clientCertificate of [
    { thumbprintSha256, privateKey },
    { thumbprint, privateKey },
    { thumbprintSha256, privateKey, x5c: certificate },
  ]) {
    const answer = await confidential({ clientCertificate }).acquireTokenByClientCredential({ scopes: [scope] });
    assert.ok(await whoAmI(answer));
  }
});

test("a certificate that isn't registered is refused", async () => {
  const privateKey = readFileSync(ready.private_key, "utf8");
  const clientCertificate = { thumbprintSha256: "00".repeat(32), privateKey };
  await assert.rejects(
    confidential({ clientCertificate }).acquireTokenByClientCredential({ scopes: [scope] }),
    (error) => /AADSTS700027/.test(error.errorMessage),
  );
});

test("a password logs the user in, silently again from the cache", async () => {
  const client = confidential({ clientSecret: ready.client_secret });
  const { username, password } = ready;
  const answer = await client.acquireTokenByUsernamePassword({ scopes: user, username, password });
  assert.equal(answer.account.username, username);
  const id = await whoAmI(answer);
  await post("/sandbox/session/expire");
  const again = await client.acquireTokenSilent({ account: answer.account, scopes: user, forceRefresh: true });
  assert.notEqual(again.accessToken, answer.accessToken);
  assert.equal(await whoAmI(again), id);
  await assert.rejects(
    client.acquireTokenByUsernamePassword({ scopes: user, username, password: "wrong" }),
    (error) => /AADSTS50126/.test(error.errorMessage),
  );
});

test("a device code waits until a person allowed it", async () => {
  await post("/sandbox/auth", { device_interval_seconds: 1 });
  const answer = await open().acquireTokenByDeviceCode({
    scopes: user,
    deviceCodeCallback: async ({ userCode, verificationUri }) => {
      const page = await fetch(verificationUri);
      assert.match(await page.text(), /user_code/);
      const body = new URLSearchParams({ user_code: userCode, decision: "allow" });
      assert.equal((await fetch(verificationUri, { method: "POST", body })).status, 200);
    },
  });
  assert.ok(await whoAmI(answer));
});

test("a code with PKCE, allowed on the page, becomes a token", async () => {
  const client = open();
  const redirectUri = "http://localhost:1717/callback";
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const url = await client.getAuthCodeUrl({
    scopes: user,
    redirectUri,
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
    state: "a b",
    responseMode: "query",
  });
  const page = await (await fetch(url)).text();
  const fields = [...page.matchAll(/name="(\w+)" value="([^"]*)">/g)].map(([, name, value]) => [
    name,
    value.replaceAll("&amp;", "&"),
  ]);
  const answered = await fetch(url.split("?")[0], {
    method: "POST",
    body: new URLSearchParams([...fields.filter(([name]) => name !== "decision"), ["decision", "allow"]]),
    redirect: "manual",
  });
  const target = new URL(answered.headers.get("location"));
  assert.equal(target.searchParams.get("state"), "a b");
  const answer = await client.acquireTokenByCode({
    code: target.searchParams.get("code"),
    scopes: user,
    redirectUri,
    codeVerifier: verifier,
  });
  assert.ok(await whoAmI(answer));
});
