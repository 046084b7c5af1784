// A copy of the compiled runtime in which the sampled mutants can be switched on; the rest of the checkout is linked.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { fold, hashOf } from "./mutants.mjs";

const KEPT_OUT = new Set([".cache", ".git", "node_modules", "packages"]);

/** Makes the copy anew; returns where its compiled files stand, and a hash of all that a verdict depends on. */
export async function makeSandbox(name, texts, mutants) {
  const tree = join(root, ".cache", "mutation", name);
  const original = join(root, "packages", "runtime");
  const dist = join(tree, "packages", "runtime", "dist");
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, "node_modules"), { recursive: true });
  link(root, tree, (entry) => !KEPT_OUT.has(entry));
  mkdirSync(join(tree, "packages", "runtime"), { recursive: true });
  link(join(root, "packages"), join(tree, "packages"), (entry) => entry !== "runtime");
  link(original, join(tree, "packages", "runtime"), (entry) => entry !== "dist");
  symlinkSync("../packages/runtime", join(tree, "node_modules", "canopy-runtime"));
  cpSync(join(original, "dist"), dist, { recursive: true });
  const hash = hashOf(compiled(dist));
  const kept = Map.groupBy(mutants, ({ file }) => file);
  for (const [file, list] of kept) {
    const code = await fold(texts.get(file), new Set(list.map(({ number }) => number)));
    writeFileSync(join(dist, file.replace(/\.ts$/, ".js")), code);
  }
  return { dist, hash };
}

/** The test files under the folder, as paths in it. */
export function testFiles(dist) {
  return readdirSync(dist, { recursive: true })
    .filter((file) => file.endsWith(".test.js") && !file.endsWith(".fixture.test.js"))
    .sort();
}

function link(from, to, isLinked) {
  for (const entry of readdirSync(from)) if (isLinked(entry)) symlinkSync(join(from, entry), join(to, entry));
}

function compiled(dist) {
  const files = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(".js"));
  return files.sort().flatMap((file) => [file, readFileSync(join(dist, file))]);
}
