import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { BUILT_IN_LAYERS } from "./built-in-layers.ts";

// From dist/core/ to the root of the repository.
const ROOT = new URL("../../../../", import.meta.url);
const FOLDERS = { constitution: "constitution", civil_code: "civil-code", firewall: "firewall" } as const;

interface Listed {
  readonly folder: string;
  readonly file: string;
  readonly text: string;
}

function filesOf(folder: string): readonly Listed[] {
  const at = new URL(`packages/runtime/src/core/${folder}/`, ROOT);
  return readdirSync(at)
    .filter((file) => file.endsWith(".ts") && file !== "index.ts" && !file.endsWith(".test.ts"))
    .map((file) => ({ folder, file, text: readFileSync(new URL(file, at), "utf8") }));
}

const FILES = Object.values(FOLDERS).flatMap(filesOf);
const PAGES = new URL("docs/layers/", ROOT);

test("each rule stands in a file of its own, and each file holds a listed rule", () => {
  const ids = BUILT_IN_LAYERS.flatMap(({ rules }) => rules.map((rule) => rule.id));
  assert.equal(FILES.length, ids.length);
  for (const id of ids) {
    assert.equal(FILES.filter(({ text }) => text.includes(`  id: ${JSON.stringify(id)},`)).length, 1, id);
  }
});

test("each rule has a page that says what it reads, decides and is relaxed by, and the index links it", () => {
  const index = readFileSync(new URL("README.md", PAGES), "utf8");
  for (const { layer, rules } of BUILT_IN_LAYERS) {
    for (const rule of rules) {
      const source = FILES.find(({ text }) => text.includes(`  id: ${JSON.stringify(rule.id)},`));
      const name = `${FOLDERS[layer]}-${source?.file.replace(/\.ts$/, "")}.md`;
      assert.ok(existsSync(new URL(name, PAGES)), `docs/layers/${name} is missing`);
      const page = readFileSync(new URL(name, PAGES), "utf8");
      assert.ok(page.startsWith(`# ${rule.id}: ${rule.title}\n`), name);
      for (const said of [rule.reads, rule.default, rule.override_key ?? "relaxed by | nothing"]) {
        assert.ok(page.includes(said), `${name} does not say \`${said}\``);
      }
      assert.ok(index.includes(`[${rule.id}](${name})`), `docs/layers/README.md does not link ${name}`);
    }
  }
});

test("no page is left of a rule that is gone", () => {
  const expected = FILES.map(({ folder, file }) => `${folder}-${file.replace(/\.ts$/, ".md")}`);
  const pages = readdirSync(PAGES).filter((name) => name !== "README.md");
  assert.deepEqual(pages.toSorted(), expected.toSorted());
});

test("each rule has at least one vector in which it speaks", () => {
  const vectors = readFileSync(new URL("vectors/layers/rules.jsonl", ROOT), "utf8").trimEnd().split("\n");
  for (const { rules } of BUILT_IN_LAYERS) {
    for (const rule of rules) {
      const speaks = new RegExp(`"rule": ?${JSON.stringify(rule.id)}.*"speaks": ?"`);
      assert.ok(
        vectors.some((line) => speaks.test(line)),
        `vectors/layers/rules.jsonl has no case for ${rule.id}`,
      );
    }
  }
});
