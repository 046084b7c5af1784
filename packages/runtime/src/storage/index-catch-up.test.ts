import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { CanopyError } from "../core/errors.ts";
import { HASH_PREFIX, SUFFIX_BYTES } from "../ledger/chain.ts";
import type { LedgerEntry, Signer } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import { openFileLedger, type FileLedger } from "./file-ledger.ts";
import { realFileSystem } from "./file-system.ts";
import { IndexCatchUp } from "./index-catch-up.ts";
import { IndexDatabase } from "./index-database.ts";
import { logPaths, type LogPaths } from "./sidecar.ts";

const { privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
const timestamp = "2026-01-01T00:00:00Z";
const ENTRIES = 30;

interface Place {
  readonly path: string;
  /** As the home's index, and as the one beside the log. */
  readonly paths: { readonly home: LogPaths; readonly beside: LogPaths };
  readonly open: () => Promise<FileLedger>;
}

async function filled(t: TestContext, rotateBytes: number | null = null): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-catch-up-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  const open = (): Promise<FileLedger> =>
    openFileLedger({ path, home, signer, clock: { now: () => 0 }, rotateBytes, index: false });
  const ledger = await open();
  for (let n = 0; n < ENTRIES; n += 1) await ledger.append({ entry: { event: "authorize_action", timestamp, n } });
  await ledger.close();
  const paths = { home: logPaths(realFileSystem, path, home), beside: logPaths(realFileSystem, path) };
  return { path, paths, open };
}

/** What an index holds after so many steps of so many bytes, and how it ended. */
function stepped(paths: LogPaths, stepBytes: number, steps = 1000): { seqs: number[]; steps: number; error: unknown } {
  const index = new IndexDatabase(paths.index);
  const catchUp = new IndexCatchUp(realFileSystem, paths, index);
  let done = 0;
  let error: unknown = null;
  try {
    for (let more = true; more && done < steps; done += 1) more = catchUp.step(stepBytes);
  } catch (thrown) {
    error = thrown;
  }
  index.close();
  const database = new DatabaseSync(paths.index);
  const rows = database.prepare("SELECT seq FROM entries ORDER BY seq").all();
  database.close();
  return { seqs: rows.map(({ seq }) => Number(seq)), steps: done, error };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof CanopyError && error.code === code;
}

/** Changes one line of a file where it stands, and makes its own hash anew. */
function change(path: string, at: number): void {
  const lines = readFileSync(path, "utf8").split("\n");
  const line = lines[at] ?? "";
  const { prev_hash }: LedgerEntry = JSON.parse(line);
  const text = line.slice(0, -SUFFIX_BYTES).replace('"authorize_action"', '"authorize_actiom"');
  assert.ok(!line.startsWith(text));
  writeFileSync(path, lines.with(at, `${text}${HASH_PREFIX}${sha256Hex(`${prev_hash}${text}}`)}"}`).join("\n"));
}

const count = (entries: number): number[] => Array.from({ length: entries }, (_, n) => n + 1);

test("an index is the same in one step or in many, over segments or none", async (t) => {
  for (const rotateBytes of [null, 4000]) {
    const { path, paths } = await filled(t, rotateBytes);
    const all = stepped(paths.home, 1_000_000).seqs.length;
    assert.ok(all >= ENTRIES);
    assert.equal(readdirSync(`${path}.d/segments`).length > 0, rotateBytes !== null);
    for (const stepBytes of [1, 700, 2000]) {
      rmSync(paths.home.index);
      const { seqs, steps, error } = stepped(paths.home, stepBytes);
      assert.deepEqual([seqs, error], [count(all), null]);
      assert.ok(steps > 2);
    }
    assert.deepEqual(stepped(paths.beside, 900).seqs, count(all));
  }
});

test("no line that doesn't lead to the home's head enters the home's index; the one beside the log has what stands there", async (t) => {
  for (const stepBytes of [700, 1_000_000]) {
    const { path, paths } = await filled(t);
    change(path, 20);
    const { seqs, error } = stepped(paths.home, stepBytes);
    assert.deepEqual(seqs, [], "nothing tells how far back the change reaches");
    assert.ok(isCode(error, "LEDGER_REFUSED"));
    const beside = stepped(paths.beside, stepBytes);
    assert.deepEqual([beside.seqs, beside.error], [count(ENTRIES), null]);
  }
});

test("what was entered before a change stays, and nothing after it is entered", async (t) => {
  const { path, paths } = await filled(t);
  const { seqs } = stepped(paths.home, 3000, 2);
  assert.ok(seqs.length > 5 && seqs.length < 20);
  change(path, 25);
  const after = stepped(paths.home, 3000);
  assert.deepEqual(after.seqs, seqs);
  assert.ok(isCode(after.error, "LEDGER_REFUSED"));
});

test("a segment that is gone, or is another one, ends the home's index", async (t) => {
  const { path, paths } = await filled(t, 4000);
  const [first = "", second = ""] = readdirSync(`${path}.d/segments`).map((name) => join(`${path}.d/segments`, name));
  copyFileSync(first, second);
  assert.ok(isCode(stepped(paths.home, 1_000_000).error, "LEDGER_REFUSED"));
  rmSync(second);
  const gone = stepped(paths.home, 1_000_000);
  assert.ok(isCode(gone.error, "LEDGER_UNAVAILABLE"));
  assert.deepEqual(gone.seqs, []);
});

test("a segment that doesn't name the one before it is refused, behind a blank line too", async (t) => {
  const { path, paths } = await filled(t, 4000);
  const [, second = ""] = readdirSync(`${path}.d/segments`).map((name) => join(`${path}.d/segments`, name));
  const kept = readFileSync(second, "utf8");
  const lines = kept.split("\n");
  // The chain of a segment begins anew, so its first entry alone says what came before.
  const other = lines[0]?.replace(/"previous_head":"[0-9a-f]{8}/u, '"previous_head":"00000000') ?? "";
  for (const text of ["", "\n", lines.slice(1).join("\n"), lines.slice(0, 1).join(""), `${other}\n`, `\n${other}\n`]) {
    writeFileSync(second, text);
    const { seqs, error } = stepped(paths.home, 1_000_000);
    assert.deepEqual([seqs, isCode(error, "LEDGER_REFUSED")], [[], true], JSON.stringify(text.slice(0, 20)));
  }
});

test("a decision that rests on a segment that is gone is refused, with or without an index of it", async (t) => {
  const { path, paths, open } = await filled(t, 4000);
  const stop = { event: "kill_switch", timestamp, scope: "agent:A", engaged: true };
  for (const indexed of [false, true]) {
    if (indexed) stepped(paths.home, 1_000_000);
    const [first = ""] = readdirSync(`${path}.d/segments`);
    const from = join(`${path}.d/segments`, first);
    const { entry_hash }: LedgerEntry = JSON.parse(readFileSync(from, "utf8").split("\n")[1] ?? "");
    copyFileSync(from, `${path}.kept`);
    rmSync(from);
    const ledger = await openFileLedger({ path, home: join(path, "..", "home"), signer, clock: { now: () => 0 } });
    await assert.rejects(ledger.historyOf(entry_hash), (error) => isCode(error, "LEDGER_UNAVAILABLE"));
    if (!indexed)
      assert.throws(
        () => ledger.killSwitches(),
        (error) => isCode(error, "LEDGER_UNAVAILABLE"),
      );
    else assert.deepEqual(ledger.killSwitches(), []);
    await ledger.close();
    copyFileSync(`${path}.kept`, from);
  }
  const ledger = await open();
  await ledger.append({ entry: stop });
  assert.equal(ledger.killSwitches().length, 1);
  await ledger.close();
});
