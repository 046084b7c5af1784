import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openFileLedger } from "../file-ledger.ts";
import { keysOf, seededSigner } from "../tlog/tlog-process.fixture.test.ts";
import { fsckLog } from "./fsck-log.ts";

interface Place {
  readonly log: string;
  readonly home: string;
  readonly proofs: string;
}

async function write({ log, home }: Place, count: number): Promise<void> {
  const ledger = await openFileLedger({
    path: log,
    home,
    signer: seededSigner(1),
    clock: { now: () => Date.UTC(2026, 0, 1) },
    index: false,
    tlog: { keys: keysOf(seededSigner(2)), worker: false },
  });
  for (let n = 0; n < count; n += 1) {
    await ledger.append({ entry: { event: "authorize_action", timestamp: "2026-01-01T00:00:00Z", decision: "ALLOW" } });
  }
  await ledger.close();
}

/** A log of 6 entries: five decisions, and the entry before a checkpoint of all. */
async function made(t: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-proofs-check-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, "audit.log");
  const place = { log, home: join(folder, "home"), proofs: join(`${log}.d`, "proofs.jsonl") };
  await write(place, 5);
  return place;
}

type Signatures = Parameters<typeof fsckLog>[1]["signatures"];

async function problems({ log, home }: Place, signatures: Signatures = null): Promise<readonly string[]> {
  const { problems: found, clean } = await fsckLog(log, { home, signatures, trustOf: null });
  assert.equal(clean, found.length === 0);
  return found.map(({ code, place, detail }) => `${code} ${place}: ${detail}`);
}

/** The same log where no home knows it. */
function copied(place: Place): Place {
  const folder = join(place.home, "..", "copy");
  mkdirSync(folder);
  const log = join(folder, "audit.log");
  cpSync(place.log, log);
  cpSync(`${place.log}.d`, `${log}.d`, { recursive: true });
  return { log, home: join(folder, "home"), proofs: join(`${log}.d`, "proofs.jsonl") };
}

const missing = (count: string, who: string): RegExp =>
  new RegExp(`^proofs_missing proofs\\.jsonl: the last ${count} of 6 that ${who} knows are in no signed batch: `, "u");

test("signed batches that are gone are told of: this home's head says that there were some, or a checkpoint does", async (t) => {
  const place = await made(t);
  const copy = copied(place);
  for (const [where, who] of [
    [place, "this home's head"],
    [copy, "a checkpoint"],
  ] as const) {
    assert.deepEqual(await problems(where), []);
    const whole = readFileSync(where.proofs, "utf8");
    const lines = whole.split("\n");
    writeFileSync(where.proofs, `${lines.slice(0, 2).join("\n")}\n`);
    assert.match((await problems(where)).join(), missing("4 entries", who));
    writeFileSync(where.proofs, lines.slice(0, 5).join("\n").slice(0, -20));
    assert.match((await problems(where)).join(), missing("2 entries", who));
    rmSync(where.proofs);
    assert.match((await problems(where)).join(), missing("6 entries", who));
    // A batch of entries beyond the end covers none of these.
    writeFileSync(where.proofs, `${(lines[0] ?? "").replace('"first":1', '"first":7')}\n`);
    assert.match((await problems(where)).join(), missing("6 entries", who));
    writeFileSync(where.proofs, lines.slice(5).join("\n"));
    assert.deepEqual(await problems(where), [], "the last one covers all before it, through the chain");
    writeFileSync(where.proofs, whole);
  }
  // Where nobody knows of a signed entry nothing is missed.
  rmSync(copy.proofs);
  rmSync(join(`${copy.log}.d`, "tlog", "checkpoint"));
  assert.deepEqual(await problems(copy), []);
  renameSync(place.proofs, `${place.proofs}.away`);
  await write(place, 1);
  assert.deepEqual(await problems(place), [], "whoever opened it signed them anew");
});

test("batches by a key that the home which wrote them lost are a problem there; of a copy elsewhere it is a note", async (t) => {
  const place = await made(t);
  const copy = copied(place);
  const found = await problems(place, () => null);
  assert.match(
    found.join(),
    /^signature proofs\.jsonl: .* this home, which wrote the log, doesn't have: seed-1; nobody/u,
  );
  const { warnings, clean } = await fsckLog(copy.log, { home: copy.home, signatures: () => null, trustOf: null });
  assert.ok(clean && warnings.some((text) => text.startsWith("batches are signed by a key that this home doesn't")));
});
