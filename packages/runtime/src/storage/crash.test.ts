// Processes killed at random moments: eight writers at a time, SIGKILL, again and again, on one log.
// Then: every acknowledged entry is there with its record, the chain and the signatures hold, and each reopening worked.
//
// The writers run `crash-writer.fixture.test.ts`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { appendNumbered, checkSignature, openCrashLog } from "./crash-writer.fixture.test.ts";
import { readLines } from "./read-lines.ts";
import { realFileSystem } from "./file-system.ts";
import { verifyLog } from "./verify-log.ts";

/** `npm test` asks for 50, `npm run test:crash` for 1,000. */
const ROUNDS = Number(process.env["CANOPY_CRASH_ROUNDS"] ?? 4);
const WRITERS = 8;
const LIFE_MS = 80;
const WRITER = fileURLToPath(new URL("./crash-writer.fixture.test.js", import.meta.url));

/** Runs one writer and kills it at a random moment after its first answer. Gives what it said was acknowledged. */
function killedWriter(path: string, home: string): Promise<{ hashes: readonly string[]; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WRITER, path, home], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    let errors = "";
    child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
    child.stdout.on("data", (text: Buffer) => {
      if (said === "") setTimeout(() => child.kill("SIGKILL"), Math.random() * LIFE_MS);
      said += text.toString();
    });
    const late = setTimeout(() => child.kill("SIGKILL"), 60_000);
    child.on("close", () => {
      clearTimeout(late);
      resolve({ hashes: said.split("\n").slice(0, -1), errors });
    });
  });
}

async function crashes(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "canopy-crash-"));
  const path = join(folder, "audit.log");
  const home = join(folder, "home");
  try {
    const acknowledged = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const ended = await Promise.all(Array.from({ length: WRITERS }, () => killedWriter(path, home)));
      for (const { hashes, errors } of ended) {
        assert.equal(errors, "", `round ${round}`);
        for (const hash of hashes) acknowledged.add(hash);
      }
      const ledger = await openCrashLog(path, home);
      acknowledged.add(await appendNumbered(ledger, round));
      if (round % 10 === 0) {
        for (const hash of ended.map(({ hashes }) => hashes.at(-1))) {
          const [entry] = await ledger.historyOf(hash ?? "");
          assert.equal(entry?.entry_hash, hash);
          if (entry?.["payload_ref"] !== undefined) assert.notEqual(await ledger.readRecord(entry.entry_hash), null);
        }
      }
      await ledger.close();
    }
    const count = acknowledged.size;
    assert.equal(count > ROUNDS * WRITERS, true, `only ${count} appends were acknowledged`);
    const result = await verifyLog(path, { home, strict: true, signatures: () => checkSignature });
    assert.deepEqual([result.valid, result.failure, result.first_bad_line], [true, null, null], JSON.stringify(result));
    const files = realFileSystem.statusAt(join(`${path}.d`, "segments")) === null ? [] : segments(path);
    for (const file of [...files, path]) {
      for (const line of readLines(realFileSystem, file)) acknowledged.delete(line.slice(-66, -2));
    }
    assert.equal(acknowledged.size, 0, `${acknowledged.size} of ${count} acknowledged entries are not in the log`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function segments(path: string): readonly string[] {
  const found: string[] = [];
  for (let n = 1; ; n += 1) {
    const file = join(`${path}.d`, "segments", `${String(n).padStart(6, "0")}.log`);
    if (realFileSystem.statusAt(file) === null) return found;
    found.push(file);
  }
}

test(`${ROUNDS} rounds of killing ${WRITERS} writers lose nothing that was acknowledged`, crashes);
