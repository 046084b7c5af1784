// Writes core/policy/packs/<name>.ts from policies/<name>.yaml: pure code can't read files, so it carries the text.
// Run it after editing a pack; a test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const PACKS = ["default", "production", "coding-agent", "payments", "data-access", "browser", "infrastructure"];

for (const name of PACKS) {
  const lines = readFileSync(join(root, "packages/runtime/policies", `${name}.yaml`), "utf8").split("\n");
  const text = [
    `// The text of policies/${name}.yaml, line by line. Written by scripts/generate-policy-packs.mjs; edit the YAML.`,
    "",
    `/** The \`${name}\` policy pack, as YAML. */`,
    `export const ${constant(name)}: string = [`,
    ...lines.map((line) => `  ${quoted(line)},`),
    '].join("\\n");',
    "",
  ].join("\n");
  writeFileSync(join(root, "packages/runtime/src/core/policy/packs", `${name}.ts`), text);
}

// As the formatter would write it: the quotes that need fewer escapes.
function quoted(line) {
  const double = JSON.stringify(line);
  const single = `'${line.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return single.length < double.length ? single : double;
}

function constant(name) {
  return `${name.toUpperCase().replaceAll("-", "_")}_POLICY`;
}
