// The dependency rule of docs/ARCHITECTURE.md, held by a test where the compiler can't see it (between pure folders).
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/", import.meta.url));

// Each folder may import itself and those named here.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  identity: ["core"],
  ledger: ["core", "identity"],
  approvals: ["core", "identity", "ledger"],
  runtime: ["core", "identity", "ledger", "approvals", "forensics", "storage", "sinks"],
  forensics: ["core"],
  storage: ["core", "identity", "ledger", "runtime"],
  sinks: ["core", "identity", "ledger", "runtime", "storage"],
};

function sources(): readonly string[] {
  return globSync("**/*.ts", { cwd: source }).filter((file) => !file.endsWith(".test.ts") && !file.endsWith(".d.ts"));
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(source, file), "utf8");
  return [...text.matchAll(/^(?:import|export)\s[^;]*?from "([^"]+)";/gmsu)].map((match) => match[1] ?? "");
}

test("no folder imports one that it may not", () => {
  const wrong = sources().flatMap((file) => {
    const folder = file.split("/")[0] ?? "";
    const allowed = MAY_IMPORT[folder];
    if (allowed === undefined) return [];
    return importsOf(file)
      .filter((target) => target.startsWith("."))
      .map((target) => normalize(join(dirname(file), target)).split("/")[0] ?? "")
      .filter((target) => target !== folder && !allowed.includes(target))
      .map((target) => `${file} → ${target}`);
  });
  assert.deepEqual(wrong, []);
});

test("pure folders import no part of Node", () => {
  const pure = sources().filter((file) => /^(?:core|identity|ledger|approvals|forensics|sinks\/formats)\//u.test(file));
  assert.ok(pure.length > 20);
  assert.deepEqual(
    pure.filter((file) => importsOf(file).some((target) => target.startsWith("node:"))),
    [],
  );
});

test("storage and sinks need only the ports of runtime", () => {
  const wrong = sources()
    .filter((file) => /^(?:storage|sinks)\//u.test(file))
    .flatMap((file) =>
      importsOf(file).filter((target) => target.includes("/runtime/") && !target.endsWith("/ports.ts")),
    );
  assert.deepEqual(wrong, []);
});

test("no index file passes on everything", () => {
  const wrong = sources().filter((file) => /^export \* from/mu.test(readFileSync(join(source, file), "utf8")));
  assert.deepEqual(wrong, []);
});
