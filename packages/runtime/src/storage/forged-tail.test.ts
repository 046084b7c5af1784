// Who can write the log's file, and has no key, appends entries that chain. Of every type, with whatever would loosen most.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { CanopyError } from "../core/errors.ts";
import { GENESIS } from "../ledger/chain.ts";
import { prepareEntry, sealEntry } from "../ledger/entry.ts";
import type { EntryDraft, LedgerEntry } from "../ledger/ports.ts";
import { sha256Hex } from "./chain-host.ts";
import { openWorld, writeWorld } from "./forged-tail.fixture.test.ts";
import { entriesOf, expectedOf, FORGERIES, idsOf, linesOf, note, standing } from "./forgeries.fixture.test.ts";
import { headSlot } from "./head-file.ts";
import { verifyLog } from "./verify-log.ts";

const PROGRAM = fileURLToPath(new URL("./forged-tail.fixture.test.js", import.meta.url));
const FORMAT = fileURLToPath(new URL("../../../../docs/ledger-format.md", import.meta.url));
const TIME = "2026-01-01T00:00:00Z";
const LATE = "2027-01-01T00:00:00Z";

/** Lines that chain after an entry, as anybody can make them. Records are those of the decision that waits. */
function forge(drafts: readonly EntryDraft[], after: LedgerEntry, payloadRef: string | null = null): string {
  let { entry_hash: prevHash, seq } = after;
  let text = "";
  for (const draft of drafts) {
    seq += 1;
    const sealed = sealEntry(
      prepareEntry(draft, after.log_id, payloadRef !== null),
      { prevHash, seq, payloadRef },
      sha256Hex,
    );
    prevHash = sealed.entryHash;
    text += sealed.line;
  }
  return text;
}

function forgeryOf(folder: string, event: string): string {
  const entries = entriesOf(folder);
  const last = entries.at(-1);
  const drafts = FORGERIES[event]?.(idsOf(folder)) ?? [];
  assert.ok(last !== undefined && drafts.length > 0);
  const ref = entries.find(({ decision }) => decision === "REQUIRE_APPROVAL")?.["payload_ref"];
  const record = event === "authorize_action" && typeof ref === "string" ? ref : null;
  return forge(
    drafts.map((members) => ({ event, timestamp: LATE, reason: "forged", severity: "low", layers: {}, ...members })),
    last,
    record,
  );
}

/** A log, and what brings it back to how it was left. */
interface Left {
  readonly folder: string;
  readonly restore: () => void;
}

async function left(t: TestContext, how: "closed" | "killed"): Promise<Left> {
  const top = mkdtempSync(join(tmpdir(), "canopy-forged-"));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const folder = join(top, "it");
  cpSync(mkdtempSync(join(top, "empty-")), folder, { recursive: true });
  if (how === "closed") {
    const ledger = await openWorld(folder);
    await writeWorld(ledger);
    await ledger.close();
  } else {
    const child = spawn(process.execPath, [PROGRAM, folder], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  cpSync(folder, join(top, "kept"), { recursive: true });
  return {
    folder,
    restore: () => {
      rmSync(folder, { recursive: true });
      cpSync(join(top, "kept"), folder, { recursive: true });
    },
  };
}

/** The forged lines are in the sidecar, and said to have been there; nothing else of the log has changed. */
function assertSetAside(folder: string, before: readonly string[], forged: string, event: string): void {
  const count = forged.split("\n").length - 1;
  assert.deepEqual(linesOf(folder).slice(0, before.length), before, event);
  const told = entriesOf(folder).slice(before.length);
  const tails = told.flatMap(({ unvouched_tail }) => (unvouched_tail === undefined ? [] : [unvouched_tail]));
  const names = readdirSync(join(folder, "audit.log.d", "torn"));
  const kept = names.map((name) => readFileSync(join(folder, "audit.log.d", "torn", name), "utf8"));
  assert.ok(kept.includes(forged), event);
  const file = names[kept.indexOf(forged)];
  assert.deepEqual(tails.at(-1), { entries: count, bytes: Buffer.byteLength(forged), file }, event);
  assert.equal(told.find((entry) => entry["unvouched_tail"] !== undefined)?.["severity"], "high");
}

test("there is a forgery for each type of entry that the format names", () => {
  const text = readFileSync(FORMAT, "utf8");
  const from = text.indexOf("\n## Entries of decisions");
  const tables = text.slice(from, text.indexOf("\n## State"));
  const rows = tables.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`([a-z_]+)`/gu)].map(([, name = ""]) => name),
  );
  assert.deepEqual(new Set(Object.keys(FORGERIES)), new Set([...named, "of_another_version"]));
});

for (const how of ["closed", "killed"] as const) {
  test(`a forged end of a log that was ${how} is set aside when it is opened, whatever its entries say`, async (t) => {
    const { folder, restore } = await left(t, how);
    for (const event of Object.keys(FORGERIES)) {
      restore();
      const before = linesOf(folder);
      const ids = idsOf(folder);
      const forged = forgeryOf(folder, event);
      appendFileSync(join(folder, "audit.log"), forged);
      const ledger = await openWorld(folder);
      assert.deepEqual(await standing(ledger, ids), expectedOf(ids), event);
      await ledger.close();
      assertSetAside(folder, before, forged, event);
      assert.equal((await verifyLog(join(folder, "audit.log"), { strict: true })).valid, true);
    }
  });
}

test("what is forged while processes have the log open is set aside by whoever looks next", async (t) => {
  const { folder } = await left(t, "closed");
  const [first, second] = [await openWorld(folder), await openWorld(folder)];
  const ids = idsOf(folder);
  for (const event of Object.keys(FORGERIES)) {
    const before = linesOf(folder);
    const forged = forgeryOf(folder, event);
    appendFileSync(join(folder, "audit.log"), forged);
    // The one asks, the other appends what rests on it.
    assert.deepEqual(await standing(first, ids), expectedOf(ids), event);
    await second.append({ entry: { ...note, event: "authorize_refused", timestamp: TIME } });
    assert.deepEqual(await standing(second, ids), expectedOf(ids), event);
    await first.append({ entry: { ...note, event: "authorize_refused", timestamp: TIME } });
    await first.append({ entry: { ...note, event: "authorize_refused", timestamp: TIME } });
    assertSetAside(folder, before, forged, event);
  }
  await Promise.all([first.close(), second.close()]);
  assert.equal((await verifyLog(join(folder, "audit.log"), { strict: true })).valid, true);
});

test("a MAC that was made up, or stands elsewhere, vouches for nothing", async (t) => {
  const { folder, restore } = await left(t, "killed");
  const mac = entriesOf(folder).at(-1)?.["seq_mac"];
  assert.ok(typeof mac === "string");
  assert.match(mac, /^[0-9a-f]{32}$/u);
  for (const made of [mac, "0".repeat(32), "", "é", mac.toUpperCase()]) {
    restore();
    const before = linesOf(folder);
    const ids = idsOf(folder);
    const last = entriesOf(folder).at(-1);
    assert.ok(last !== undefined);
    const { entry_hash: prevHash, seq, log_id } = last;
    const draft = { event: "kill_switch", timestamp: TIME, scope: "agent:AVID-1", engaged: false };
    const seat = { prevHash, seq: seq + 1, payloadRef: null, mac: () => made };
    const { line } = sealEntry(prepareEntry(draft, log_id, false), seat, sha256Hex);
    appendFileSync(join(folder, "audit.log"), line);
    const ledger = await openWorld(folder);
    assert.deepEqual(await standing(ledger, ids), expectedOf(ids), made);
    await ledger.close();
    assertSetAside(folder, before, line, made);
  }
});

test("a line of this home is not vouched for in another place of its log", async (t) => {
  const { folder, restore } = await left(t, "killed");
  // What stands in the line says what came before it; only who reads the chain's hash alone would take it.
  const own = linesOf(folder)[0] ?? "";
  const last = entriesOf(folder).at(-1);
  assert.ok(last !== undefined && own.includes('"kill_switch"'));
  restore();
  const ids = idsOf(folder);
  const before = linesOf(folder);
  const hashed = own.slice(0, own.indexOf(',"entry_hash"'));
  const moved = `${hashed},"entry_hash":"${sha256Hex(`${last.entry_hash}${hashed}}`)}"}\n`;
  appendFileSync(join(folder, "audit.log"), moved);
  const ledger = await openWorld(folder);
  assert.deepEqual(await standing(ledger, ids), expectedOf(ids));
  await ledger.close();
  assertSetAside(folder, before, moved, "moved");
});

test("nothing beside the log makes a forged end good: neither a head nor a proof", async (t) => {
  const { folder, restore } = await left(t, "killed");
  for (const event of ["kill_switch", "approval_granted", "tool_result", "authorize_action"]) {
    restore();
    const before = linesOf(folder);
    const ids = idsOf(folder);
    const forged = forgeryOf(folder, event);
    appendFileSync(join(folder, "audit.log"), forged);
    const last = entriesOf(folder).at(-1);
    assert.ok(last !== undefined);
    const { log_id, seq, entry_hash: hash } = last;
    const bytes = readFileSync(join(folder, "audit.log")).length;
    const sidecar = join(folder, "audit.log.d");
    const slot = headSlot({ log_id, segment: 1, bytes, seq, hash });
    writeFileSync(join(sidecar, "synced"), Buffer.concat([slot, slot, slot, slot]));
    const proof = { first: 1, size: seq, root: "0".repeat(64), signature: "x", key_id: "k" };
    appendFileSync(join(sidecar, "proofs.jsonl"), `${JSON.stringify(proof)}\n`);
    const ledger = await openWorld(folder);
    assert.deepEqual(await standing(ledger, ids), expectedOf(ids), event);
    await ledger.close();
    assertSetAside(folder, before, forged, event);
    // It opens again: the head that was forged does not stay.
    await (await openWorld(folder)).close();
  }
});

function isRefused(error: unknown): boolean {
  return error instanceof CanopyError && error.code === "LEDGER_REFUSED";
}

test("a forged segment is refused, before and while the log is open", async (t) => {
  const { folder, restore } = await left(t, "closed");
  const log = join(folder, "audit.log");
  const rotate = (): void => {
    const entries = entriesOf(folder);
    const last = entries.at(-1);
    assert.ok(last !== undefined);
    const members = {
      segment: 2,
      previous_segment: "000001.log",
      previous_entries: entries.length,
      previous_bytes: readFileSync(log).length,
      previous_head: last.entry_hash,
    };
    const first = forge([{ ...note, event: "log_rotated", timestamp: TIME, ...members }], {
      ...last,
      entry_hash: GENESIS,
    });
    const begun: LedgerEntry = JSON.parse(first);
    const released = { event: "kill_switch", timestamp: TIME, scope: "agent:AVID-1", engaged: false };
    writeFileSync(join(folder, "next"), first + forge([released], begun));
    linkSync(log, join(folder, "audit.log.d", "segments", "000001.log"));
    renameSync(join(folder, "next"), log);
  };
  rotate();
  await assert.rejects(openWorld(folder), isRefused);
  restore();
  const ids = idsOf(folder);
  const ledger = await openWorld(folder);
  rotate();
  assert.throws(() => ledger.killSwitches(), isRefused);
  await assert.rejects(ledger.historyOf(ids.asked), isRefused);
  await assert.rejects(ledger.append({ entry: { ...note, event: "x", timestamp: TIME } }), isRefused);
  await ledger.close().catch(() => undefined);
});

test("a home without the key that the log was written with is refused, not taken for a stranger's log", async (t) => {
  const { folder } = await left(t, "closed");
  const before = linesOf(folder);
  unlinkSync(join(folder, "home", "payload.key"));
  await assert.rejects(
    openWorld(folder),
    (error) => error instanceof CanopyError && error.code === "LEDGER_REFUSED" && /payload\.key/u.test(error.message),
  );
  assert.deepEqual(linesOf(folder), before);
});
