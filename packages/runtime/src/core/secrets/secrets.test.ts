import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { findSecrets, redactSecrets } from "./find-secrets.ts";
import { redactSecretsIn } from "./redact-secrets.ts";

// Written in parts, so that no scanner of repositories takes this file for a leak.
const KEYS: readonly string[] = [
  ["AKIA", "IOSFODNN7EXAMPLE"],
  ["ghp_", "0123456789abcdefghijABCDEFGHIJ012345"],
  ["github_pat_", "11ABCDEFG0abcdefghij_KLMNOPQRSTUVWXYZ"],
  ["glpat-", "abcdefghij0123456789"],
  ["xoxb-", "123456789012-abcdefABCDEF"],
  ["sk_live_", "abcdefghijklmnop0123"],
  ["sk-proj-", "abcdefghijklmnopqrst0123"],
  ["sk-ant-api03-", "abcdefghijklmnopqrst"],
  ["AIza", "SyA0123456789abcdefghijklmnopqrstuvw"],
  ["npm_", "0123456789abcdefghijABCDEFGHIJ012345"],
  ["hf_", "abcdefghijklmnopqrstuvwxyzABCDEF"],
  ["eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"],
  ["SG.", "abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789"],
].map(([start = "", rest = ""]) => start + rest);

test("keys with a known beginning are found wherever they stand", () => {
  for (const key of KEYS) {
    for (const text of [
      key,
      `use ${key} now`,
      `key=${key}`,
      `"${key}"`,
      `https://host/?k=${key}&b=1`,
      `(${key})`,
      `a\n${key}\nb`,
    ]) {
      const shown = redactSecrets(text);
      assert.ok(!shown.includes(key.slice(0, 24)) && !shown.includes(key.slice(-12)), shown);
      assert.ok(shown.includes("[redacted]"));
    }
  }
});

test("what is named a secret is one, however it is written", () => {
  const named = [
    "password=hunter2hunter2",
    "PASSWORD: hunter2hunter2",
    "DB_PASSWORD='hunter2hunter2'",
    '{"password":"hunter2hunter2"}',
    '{\\"password\\":\\"hunter2hunter2\\"}',
    "mysql --password hunter2hunter2 -h db",
    "client_secret=hunter2hunter2&x=1",
    "api-key: hunter2hunter2",
    "Authorization: Bearer hunter2hunter2",
    "curl -H 'authorization: basic hunter2hunter2'",
    "postgres://app:hunter2hunter2@db/prod",
    "redis://:hunter2hunter2@cache:6379",
    "aws_secret_access_key = hunter2hunter2",
    "passphrase := hunter2hunter2",
  ];
  for (const text of named)
    assert.ok(!redactSecrets(text).includes("hunter2hunter2"), `${text} → ${redactSecrets(text)}`);
});

test("a private key is taken out whole, also when its end is cut off; a certificate is not", () => {
  const body = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
  for (const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"]) {
    const pem = `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
    assert.equal(redactSecrets(`a ${pem} b`), "a [redacted] b");
    assert.equal(redactSecrets(`a -----BEGIN ${label}-----\n${body}`), "a [redacted]");
  }
  const certificate = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----";
  assert.equal(redactSecrets(certificate), certificate);
});

const hexadecimal = (seed: string): string => createHash("sha256").update(seed).digest("hex");
const randomText = (seed: string): string =>
  createHash("sha512").update(seed).digest("base64").replaceAll(/[+/=]/g, "x");

test("long random tokens are found by their letters; hashes, ids, names, paths and prose are not", () => {
  // Drawn from counted texts, so that each run tries the same ones; a few without a digit, as one in three thousand is.
  const drawn = Array.from({ length: 500 }, (_, round) => randomText(`${round}`).slice(0, 48));
  const letters = Array.from({ length: 100 }, (_, round) =>
    randomText(`${round}`).replaceAll(/[0-9]/g, "").slice(0, 48),
  );
  for (const token of [...drawn, ...letters]) {
    assert.ok(redactSecrets(`the value is ${token}, keep it`).includes("[redacted]"), token);
  }
  const plain = [
    hexadecimal("a"),
    `AVID-${hexadecimal("b")}`,
    "550e8400-e29b-41d4-a716-446655440000",
    "inc-0123456789abcdef01234567",
    "nothing in any layer speaks against it",
    "REQUIRE_APPROVAL by default/execute-shell-command-with-arguments",
    "/usr/local/lib/node_modules/Canopy-Runtime/dist/packages/version24/index.js",
    "AuthorizeActionRequestHandlerFactoryBeanImplementation2",
    "AbstractSingletonProxyFactoryBeanDefinitionParserHTTPSupport",
    "getAllOfTheXmlHttpRequestsOfAnAgentAsJsonOrThrow",
    "2026-11-23T08:00:00.000Z",
    "the token expired; ask for a new password",
    "https://example.com/some/long/path/with/Many/Segments/v2/index.html?page=2",
    "data:image/png;base64,",
  ];
  for (const text of plain) assert.equal(redactSecrets(text), text);
});

test("members that are named secret lose their value, and members of the configuration lose theirs", () => {
  const value = {
    reason: "ok",
    config: { Api_Key: "short", nested: [{ "client-secret": 7 }], customer: { email: "a@b.c" } },
    secret: true,
    password: "",
  };
  const { value: shown, at } = redactSecretsIn(value, { fields: ["E-Mail"] });
  assert.deepEqual(shown, {
    reason: "ok",
    config: { Api_Key: "[redacted]", nested: [{ "client-secret": "[redacted]" }], customer: { email: "[redacted]" } },
    secret: true,
    password: "",
  });
  assert.deepEqual(at, ["/config/Api_Key", "/config/nested/0/client-secret", "/config/customer/email"]);
});

test("what holds no secret comes back as the same value", () => {
  const value = { a: [1, { b: "text" }], c: null };
  assert.equal(redactSecretsIn(value).value, value);
});

test("a secret in a name, and one many levels down, are taken out", () => {
  const key = KEYS[0] ?? "";
  assert.deepEqual(redactSecretsIn({ [key]: "owner" }).value, { "[redacted]": "owner" });
  let deep = `"${key}"`;
  for (let level = 0; level < 300; level += 1) deep = `[${deep}]`;
  assert.ok(!JSON.stringify(redactSecretsIn({ deep: JSON.parse(deep) }).value).includes(key));
});

test("a second look finds nothing that the first has left", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...KEYS, "password=", "Bearer ", " ", "\n", "://a:b@"), fc.string())),
      (parts) => {
        const once = redactSecrets(parts.join(""));
        assert.equal(redactSecrets(once).replaceAll("[redacted]", ""), once.replaceAll("[redacted]", ""));
      },
    ),
  );
});

test("places are in order and do not overlap, and cost grows with the text alone", () => {
  const hostile = [
    "eyJ",
    "sk-",
    "password=",
    "a:",
    "://",
    "Bearer ",
    "A",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY",
    "token:",
    "aB1",
  ];
  for (const part of hostile) {
    // A quadratic reader would take minutes for these; a linear one some milliseconds.
    const found = findSecrets(part.repeat(200_000 / part.length));
    let last = 0;
    for (const { start, end } of found) {
      assert.ok(start >= last && end > start);
      last = end;
    }
  }
});
