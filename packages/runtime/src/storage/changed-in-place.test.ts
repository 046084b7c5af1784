// Who can write the log's file, and has no key, changes entries where they stand, and makes their own hashes anew. Of every
// type, with whatever would loosen most. What decisions take from the log is what was written, or is refused.

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { HASH_PREFIX, SUFFIX_BYTES } from "../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../ledger/entry.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import type { FileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { openWorld, writeWorld } from "./forged-tail.fixture.test.ts";
import {
  entriesOf,
  expectedOf,
  FORGERIES,
  idsOf,
  linesOf,
  note,
  QUESTIONS,
  standing,
  type Ids,
} from "./forgeries.fixture.test.ts";
import { catchUpIndex } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { logPaths } from "./sidecar.ts";
import { verifyLog } from "./verify-log.ts";

const TIME = "2026-01-01T00:00:00Z";
/** So that any forgery has room where an entry stands. */
const ROOM: JsonObject = { reason: "r".repeat(1500) };

/** How the log was read before it was changed, and how it is asked after. */
type Moment = "open" | "followed" | "reopened" | "indexed";
const MOMENTS: readonly Moment[] = ["open", "followed", "reopened", "indexed"];

/** A line of the same length that says something else, and whose own hash holds. */
function forged(original: LedgerEntry, event: string, members: JsonObject, length: number): string {
  const { seq, log_id, prev_hash: prevHash } = original;
  const seat = { prevHash, seq, payloadRef: null };
  const made = (pad: number): string =>
    sealEntry(
      prepareEntry(
        { event, timestamp: TIME, severity: "low", layers: {}, ...members, reason: "f".repeat(pad) },
        log_id,
        false,
      ),
      seat,
      sha256Hex,
    ).line.trimEnd();
  const shortest = Buffer.byteLength(made(0));
  assert.ok(shortest <= length, event);
  return made(length - shortest);
}

/** A line with some of its bytes changed for as many others, and its own hash made anew. */
function edited(line: string, from: string, to: string): string {
  assert.ok(line.includes(from), from);
  const text = line.slice(0, -SUFFIX_BYTES).replace(from, to.padEnd(from.length));
  const { prev_hash }: LedgerEntry = JSON.parse(`${text}}`);
  return `${text}${HASH_PREFIX}${sha256Hex(`${prev_hash}${text}}`)}"}`;
}

function replaceLine(path: string, at: number, line: string): void {
  const lines = readFileSync(path, "utf8").split("\n");
  assert.equal(Buffer.byteLength(line), Buffer.byteLength(lines[at] ?? ""));
  writeFileSync(path, lines.with(at, line).join("\n"));
}

function index(folder: string): void {
  const paths = logPaths(realFileSystem, join(folder, "audit.log"), join(folder, "home"));
  const database = new IndexDatabase(paths.index);
  while (catchUpIndex(realFileSystem, paths, database, 1_000_000));
  database.close();
}

/** A log that was left, and is brought back to how it was. */
async function world(t: TestContext): Promise<{ readonly folder: string; readonly restore: () => void }> {
  const top = mkdtempSync(join(tmpdir(), "canopy-changed-"));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const folder = join(top, "it");
  cpSync(mkdtempSync(join(top, "empty-")), folder, { recursive: true });
  const ledger = await openWorld(folder);
  await writeWorld(ledger, ROOM);
  // The end of the log is compared when it is opened: what is changed stands before it.
  await ledger.append({ entry: { ...note, event: "authorize_refused", timestamp: TIME } });
  await ledger.close();
  cpSync(folder, join(top, "kept"), { recursive: true });
  const restore = (): void => {
    rmSync(folder, { recursive: true });
    cpSync(join(top, "kept"), folder, { recursive: true });
  };
  return { folder, restore };
}

/** The log, opened by somebody who knows of it what the moment says, after `change`. */
async function openedAt(moment: Moment, folder: string, change: (path: string) => void): Promise<FileLedger> {
  const path = join(folder, "audit.log");
  if (moment === "indexed") index(folder);
  if (moment === "reopened" || moment === "indexed") {
    change(path);
    return openWorld(folder);
  }
  const ledger = await openWorld(folder);
  if (moment === "open") await standing(ledger, idsOf(folder));
  change(path);
  return ledger;
}

function isRefused(error: unknown): boolean {
  return error instanceof CanopyError && error.code === "LEDGER_REFUSED";
}

function ifRefused(error: unknown): null {
  if (isRefused(error)) return null;
  throw error;
}

/** Names of the questions that are refused; the others are answered as they were before. */
async function refusedOf(ledger: FileLedger, ids: Ids, told: string): Promise<readonly string[]> {
  const refused: string[] = [];
  const expected = expectedOf(ids);
  for (const [name, question] of Object.entries(QUESTIONS)) {
    try {
      assert.deepEqual(await question(ledger, ids), expected[name], `${told}: ${name}`);
    } catch (error) {
      if (!isRefused(error)) throw error;
      refused.push(name);
    }
  }
  return refused;
}

for (const moment of MOMENTS) {
  test(`an entry that was changed where it stands is never believed, whatever it says now: ${moment}`, async (t) => {
    const { folder, restore } = await world(t);
    for (const [n, [event, forgery]] of Object.entries(FORGERIES).entries()) {
      restore();
      const ids = idsOf(folder);
      // Not the last: that one is compared when the log is opened.
      const at = n % (linesOf(folder).length - 1);
      const original = entriesOf(folder)[at] ?? assert.fail();
      const [members = {}] = forgery(ids);
      const line = forged(original, event, members, Buffer.byteLength(linesOf(folder)[at] ?? ""));
      const told = `${event} in place of line ${at + 1}`;
      const ledger = await openedAt(moment, folder, (path) => replaceLine(path, at, line)).catch(ifRefused);
      if (ledger === null) continue;
      const refused = await refusedOf(ledger, ids, told);
      // Who has never seen the log goes through all of it, and refuses whatever rests on it.
      if (moment === "reopened") assert.deepEqual(refused, Object.keys(QUESTIONS), told);
      await ledger.close();
      assert.equal((await verifyLog(join(folder, "audit.log"))).valid, false, told);
    }
  });
}

/** Line, what is changed in it, to what, and which questions rest on it. */
const EDITS: readonly (readonly [number, string, string, readonly string[]])[] = [
  [0, '"engaged":true', '"engaged":null', ["stopped"]],
  [0, '"agent:AVID-1"', '"agent:AVID-2"', ["stopped"]],
  [1, '"REQUIRE_APPROVAL"', '"ALLOW"', ["asked", "repeats", "record"]],
  [1, '"request_id":"asked"', '"request_id":"other"', ["asked", "repeats", "record"]],
  [2, '"amount":"5"', '"amount":"0"', ["running", "used", "now"]],
  [3, '"event":"tool_start"', '"event":"tool_found"', ["running", "used", "now"]],
  [3, '"session_id":"s-1"', '"session_id":"s-2"', ["running", "used", "now"]],
  [4, '"decision":"ALLOW"', '"decision":"DENY"', ["permitted", "used", "now"]],
];

test("a few bytes changed where they stand are enough: a stop, a permission, an amount, an id", async (t) => {
  const { folder, restore } = await world(t);
  for (const [at, from, to, expected] of EDITS) {
    restore();
    const ids = idsOf(folder);
    const line = edited(linesOf(folder)[at] ?? "", from, to);
    const ledger = await openedAt("indexed", folder, (path) => replaceLine(path, at, line));
    assert.deepEqual(await refusedOf(ledger, ids, from), expected, from);
    await ledger.close();
  }
});

test("what a process wrote itself is refused, too, where it is read again", async (t) => {
  for (const [at, from, to, expected] of EDITS) {
    const folder = mkdtempSync(join(tmpdir(), "canopy-changed-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const ledger = await openWorld(folder);
    await writeWorld(ledger);
    await standing(ledger, idsOf(folder));
    const ids = idsOf(folder);
    replaceLine(join(folder, "audit.log"), at, edited(linesOf(folder)[at] ?? "", from, to));
    const kept = ["stopped", "used", "now"];
    const refused = await refusedOf(ledger, ids, from);
    assert.deepEqual(
      refused,
      expected.filter((name) => !kept.includes(name)),
      from,
    );
    await ledger.close();
  }
});

test("an entry that keeps its hash and says something else is refused", async (t) => {
  const { folder, restore } = await world(t);
  for (const moment of MOMENTS) {
    for (const [at, from, to, expected] of EDITS) {
      restore();
      const ids = idsOf(folder);
      const line = (linesOf(folder)[at] ?? "").replace(from, to.padEnd(from.length));
      const ledger = await openedAt(moment, folder, (path) => replaceLine(path, at, line));
      const refused = await refusedOf(ledger, ids, from);
      if (moment === "indexed") assert.deepEqual(refused, expected, from);
      await ledger.close();
    }
  }
});

test("a log that was made anew from a change on, each entry following from the one before, is refused", async (t) => {
  const { folder, restore } = await world(t);
  const asWritten = EDITS.filter(([, from, to]) => from.length === to.length);
  assert.ok(asWritten.length > 4);
  for (const [at, from, to] of asWritten) {
    restore();
    const ids = idsOf(folder);
    const ledger = await openWorld(folder);
    const lines = [...linesOf(folder)];
    lines[at] = edited(lines[at] ?? "", from, to);
    for (let next = at + 1; next < lines.length; next += 1) {
      const [before = "", line = ""] = [lines[next - 1], lines[next]];
      const { prev_hash }: LedgerEntry = JSON.parse(line);
      lines[next] = edited(line, `"prev_hash":"${prev_hash}"`, `"prev_hash":"${before.slice(-66, -2)}"`);
    }
    writeFileSync(join(folder, "audit.log"), `${lines.join("\n")}\n`);
    const { valid, failure } = await verifyLog(join(folder, "audit.log"));
    assert.deepEqual([valid, failure], [true, null], "only who knows an end of it can tell");
    // What opening noted stands after all that was changed, and in memory.
    assert.deepEqual(await refusedOf(ledger, ids, from), Object.keys(QUESTIONS), from);
    await ledger.close();
  }
});

test("the newest entry is what was written last, or none", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "canopy-changed-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ledger = await openWorld(folder);
  await writeWorld(ledger);
  const { asked } = idsOf(folder);
  const lines = linesOf(folder);
  replaceLine(join(folder, "audit.log"), lines.length - 1, edited(lines.at(-1) ?? "", '"ALLOW"', '"DENY"'));
  const guard = { authorization_id: asked, check: () => undefined };
  const entry = { ...note, event: "tool_start", timestamp: TIME, authorization_id: asked };
  await assert.rejects(ledger.append({ entry, guard }), isRefused);
  await ledger.close();
});

test("nothing is signed of entries that were changed while their proofs were gone", async (t) => {
  const { folder } = await world(t);
  rmSync(join(folder, "audit.log.d", "proofs.jsonl"));
  const [at, from, to] = EDITS[1] ?? assert.fail();
  replaceLine(join(folder, "audit.log"), at, edited(linesOf(folder)[at] ?? "", from, to));
  await assert.rejects(openWorld(folder), isRefused);
  const proofs = join(folder, "audit.log.d", "proofs.jsonl");
  assert.ok(!existsSync(proofs) || readFileSync(proofs, "utf8") === "");
});
