// Seeks requests that tell mutants from the engine as it is, among the mutants that the record of answers doesn't
// notice, and keeps them in `vectors/record/found.txt`, with their answers. It knows nothing of what is right: read what
// it finds, above all what is allowed.
//
//   npm run test:mutation:seek -- --seed 5 --minutes 30            as many mutants as fit, over all files of the engine
//   npm run test:mutation:seek -- --file "core/effects/code/**"    those of some files
//   npm run test:mutation:seek -- --write                          only keep what earlier runs found
//
// What was found stands in .cache/mutation until it is kept.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { root } from "../../setup.mjs";
import { filesOf, hashOf, makeMutants } from "./mutants.mjs";
import { drawing, shuffled } from "./sample.mjs";
import { keepFound } from "./seek-keep.mjs";
import { createSearch } from "./seek-search.mjs";
import { makeWorld } from "./seek-world.mjs";

const CACHE = join(root, ".cache", "mutation");
const CASES = "runtime/recorded-cases.fixture.test.js";

const { values: asked } = parseArgs({
  options: {
    set: { type: "string", default: "engine" },
    file: { type: "string" },
    seed: { type: "string", default: "1" },
    tries: { type: "string", default: "400" },
    minutes: { type: "string", default: "60" },
    write: { type: "boolean", default: false },
  },
});

setPriority(10);
mkdirSync(CACHE, { recursive: true });
const journal = join(CACHE, "seek-found.ndjson");
if (!asked.write) await seek();
const { kept, allowed } = await keepFound(journal);
say(`${kept} requests kept in vectors/record/found.txt; those that are allowed now, to be read: ${allowed}`);

async function seek() {
  const files = filesOf(asked.set, asked.file);
  const { mutants, texts } = await makeMutants(files, "m-");
  const world = await makeWorld(texts, "runtime/recorded-answer.fixture.test.js");
  say(`seed ${asked.seed}: ${mutants.length} mutants in ${files.length} files`);
  const { allRequests } = await import(pathToFileURL(join(root, "packages", "runtime", "dist", CASES)).href);
  const search = createSearch({
    world,
    mutants,
    draw: drawing(Number(asked.seed)),
    tries: Number(asked.tries),
    found: (line) => appendFileSync(journal, `${JSON.stringify(line)}\n`),
    say,
  });
  const earlier = existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : [];
  search.trace([...earlier.filter(Boolean).map((line) => JSON.parse(line).request), ...allRequests()]);
  const path = join(CACHE, `seek-noticed-${hashOf([...texts.values()])}.json`);
  if (existsSync(path)) search.resume(JSON.parse(readFileSync(path, "utf8")));
  const end = Date.now() + 60_000 * Number(asked.minutes);
  let told = Date.now();
  for (const unit of shuffled(search.units(), Number(asked.seed))) {
    if (Date.now() > end) break;
    search.work(unit);
    if (Date.now() < told + 30_000) continue;
    told = Date.now();
    tell(search, path);
  }
  tell(search, path);
}

function tell(search, path) {
  say(search.progress());
  writeFileSync(path, JSON.stringify(search.noticed()));
  writeFileSync(join(CACHE, "seek-left.json"), `${JSON.stringify(search.left(), null, 1)}\n`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
