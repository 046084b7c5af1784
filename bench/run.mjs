// Runs the benchmarks and prints one table each: what was measured, the ratio or figure, and what it should be.
// Compared systems run side by side, interleaved, in one run. Nothing here is a test: a slow machine fails nothing.
//
//   npm run bench                 all, short
//   npm run bench -- decide       only those whose name holds the word
//   npm run bench -- --full       the long variants too (a million entries)
import { globSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename } from "node:path";
import { root } from "../scripts/setup.mjs";

const words = process.argv.slice(2);
const full = words.includes("--full");
const wanted = words.filter((word) => !word.startsWith("--"));

process.stdout.write(
  `${new Date().toISOString().slice(0, 10)} · node ${process.versions.node} · ${process.platform}-${process.arch} · ${availableParallelism()} cores · ${cpus()[0]?.model ?? "unknown processor"}\n`,
);
for (const file of globSync("bench/*.bench.mjs", { cwd: root }).toSorted()) {
  const name = basename(file, ".bench.mjs");
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const { title, run } = await import(new URL(`../${file}`, import.meta.url).href);
  process.stdout.write(`\n${name}: ${title}\n`);
  for (const row of await run({ full })) process.stdout.write(`${line(row)}\n`);
}

function line({ measure, value, should, met }) {
  const verdict = met === undefined ? "" : met ? "met" : "MISSED";
  return `  ${measure.padEnd(58)} ${value.padStart(22)}  ${(should ?? "").padEnd(16)} ${verdict}`;
}
