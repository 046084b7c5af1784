// Importing a foreign log into ours: its chain proven first, then every line kept as evidence.

import { createHash, randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { basename } from "node:path";
import { CanopyError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { sha256Hex } from "../storage/chain-host.ts";
import { readAt, realFileSystem } from "../storage/file-system.ts";
import { segmentFiles } from "../storage/segment-files.ts";
import { systemEntry, timestampOf } from "../storage/system-entry.ts";
import { usableLog, verifyLog, type VerifyResult } from "../storage/verify-log.ts";
import type { Settings } from "./config.ts";
import { IMPORTED_EVENT, importedMembers, type ForeignLine } from "./imported-entry.ts";
import { openMaintenanceLedger, type MaintenanceLedger } from "./maintenance-ledger.ts";
import type { LedgerEntry } from "../ledger/ports.ts";
import { visibleText } from "./visible-text.ts";

/** How a log is imported. */
export interface ImportOptions {
  /** Import a log whose chain doesn't hold, with where it fails, as part of the evidence. */
  readonly asIs?: boolean;
  /** Import a log that this one has already. */
  readonly again?: boolean;
}

/** What was imported. */
export interface ImportedLog {
  /** Stands in every entry of this import. */
  readonly import_id: string;
  readonly entries: number;
  readonly lines: number;
  readonly head: string | null;
  readonly file_hash: string;
  /** `proven`, or why it is not. */
  readonly chain: string;
  /** The `import_finished` entry. */
  readonly entry_hash: string;
}

interface Foreign {
  readonly name: string;
  readonly paths: readonly string[];
  readonly verdict: VerifyResult;
  readonly file_hash: string;
  readonly bytes: number;
}

const CHUNK = 256;
const LINE_FEED = 10;
const READ_BYTES = 1_048_576;
const MAX_LINE_BYTES = 67_108_864;

/**
 * Import a log, with its closed segments, into the log in force. Cost: two passes over the foreign log, and an append for
 * each of its lines.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when there is no such log, its chain doesn't hold (unless `asIs`), or it was
 * imported before (unless `again`); else as `openMaintenanceLedger`. Then nothing was imported, or `import_begun` says so
 * and no `import_finished` follows.
 */
export async function importLog(settings: Settings, path: string, options: ImportOptions = {}): Promise<ImportedLog> {
  const foreign = await proveForeign(path, options);
  refuseItself(settings.audit_log_path, foreign.paths);
  const open = await openMaintenanceLedger(settings);
  try {
    return await recordImport(open, foreign, options);
  } finally {
    await open.ledger.close();
  }
}

async function proveForeign(path: string, { asIs = false }: ImportOptions): Promise<Foreign> {
  const real = usableLog(realFileSystem, path);
  const verdict = await verifyLog(real, { strict: true });
  if (!verdict.valid && !asIs) {
    const where = `${verdict.segment === null ? "" : `${verdict.segment}, `}line ${verdict.first_bad_line ?? 0}`;
    throw new CanopyError(
      "FILE_UNUSABLE",
      `the chain of \`${path}\` does not hold: ${verdict.failure ?? ""} at ${where}`,
      {
        at: path,
        fix: "get an untouched copy; or import it with --as-is, which records where it fails",
      },
    );
  }
  const paths = segmentFiles(realFileSystem, real, []).map((file) => file.path);
  const hash = createHash("sha256");
  let bytes = 0;
  for (const each of paths) {
    for (const chunk of chunksOf(each)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  }
  return { name: visibleText(basename(path)).slice(0, 200), paths, verdict, file_hash: hash.digest("hex"), bytes };
}

function refuseItself(own: string, paths: readonly string[]): void {
  const mine = statSync(own, { throwIfNoEntry: false });
  const isOwn = (path: string): boolean => {
    const status = statSync(path);
    return status.ino === mine?.ino && status.dev === mine.dev;
  };
  if (!paths.some(isOwn)) return;
  throw new CanopyError("FILE_UNUSABLE", `a log can't be imported into itself`, {
    fix: "name another log with --into",
  });
}

async function recordImport(open: MaintenanceLedger, foreign: Foreign, options: ImportOptions): Promise<ImportedLog> {
  const import_id = randomBytes(16).toString("hex");
  const { verdict, file_hash, bytes, name, paths } = foreign;
  const chain = verdict.valid ? "proven" : `${verdict.failure ?? "broken"} at line ${verdict.first_bad_line ?? 0}`;
  const about = {
    import_id,
    // What the log is found by when it is imported again: its head, or its bytes when its chain doesn't hold.
    request_id: sha256Hex(`canopy-import-v1\0${verdict.valid ? (verdict.head ?? "") : file_hash}`),
    foreign_name: name,
    foreign_entries: verdict.entries,
    foreign_head: verdict.head,
    file_hash,
    file_bytes: bytes,
    files: paths.length,
    chain,
    signatures: "not checked",
  };
  await begin(open, about, options);
  const hash = createHash("sha256");
  let lines = 0;
  let drafts: JsonObject[] = [];
  for (const line of linesOf(paths, (chunk) => hash.update(chunk))) {
    lines += 1;
    drafts.push(...importedMembers(line, sha256Hex));
    if (drafts.length < CHUNK) continue;
    await appendAll(open, import_id, drafts);
    drafts = [];
  }
  await appendAll(open, import_id, drafts);
  if (hash.digest("hex") !== file_hash) {
    throw new CanopyError("FILE_UNUSABLE", `the log \`${name}\` was changed while it was imported`, {
      fix: "import a copy of it that nobody writes; what was imported has no `import_finished`",
    });
  }
  const reason = "a foreign log was imported whole, as evidence only";
  const draft = { ...systemEntry("import_finished", timestampOf(open.clock.now()), reason), ...about, lines };
  const { entry } = await open.ledger.append({ entry: draft });
  const { entry_hash } = entry;
  return { import_id, entries: verdict.entries, lines, head: verdict.head, file_hash, chain, entry_hash };
}

async function begin(
  { ledger, clock }: MaintenanceLedger,
  about: JsonObject & { readonly request_id: string },
  { again = false }: ImportOptions,
): Promise<void> {
  const check = (history: readonly LedgerEntry[]): void => {
    const earlier = history.find((entry) => entry.event === "import_finished");
    if (again || earlier === undefined) return;
    throw new CanopyError("FILE_UNUSABLE", `this log was imported already, at ${earlier.timestamp}`, {
      fix: "import it with --again, if it is to be there twice",
    });
  };
  const reason = "a foreign log is imported, as evidence only; without import_finished it was not imported whole";
  const entry = { ...systemEntry("import_begun", timestampOf(clock.now()), reason), severity: "medium", ...about };
  await ledger.append({ entry, guard: { authorization_id: about.request_id, check } });
}

async function appendAll(
  { ledger, clock }: MaintenanceLedger,
  import_id: string,
  drafts: readonly JsonObject[],
): Promise<void> {
  const reason = "a line of a foreign log, as it was; evidence only";
  const common = { ...systemEntry(IMPORTED_EVENT, timestampOf(clock.now()), reason), import_id };
  await Promise.all(drafts.map((draft) => ledger.append({ entry: { ...common, ...draft } })));
}

function* chunksOf(path: string): Generator<Buffer, void, void> {
  const fd = realFileSystem.open(path, "read");
  try {
    for (let at = 0; ;) {
      const chunk = readAt(realFileSystem, fd, at, READ_BYTES);
      if (chunk.length === 0) return;
      at += chunk.length;
      yield chunk;
    }
  } finally {
    realFileSystem.close(fd);
  }
}

/** Every physical line, blank ones too; a file that ends in a line feed has an empty last line, which says so. */
function* linesOf(paths: readonly string[], seen: (chunk: Buffer) => void): Generator<ForeignLine, void, void> {
  for (const [file, path] of paths.entries()) {
    let line = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (const chunk of chunksOf(path)) {
      seen(chunk);
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
        yield { file, line: (line += 1), bytes: bytes.subarray(start, end) };
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > MAX_LINE_BYTES) {
        throw new CanopyError("FILE_UNUSABLE", `line ${line + 1} is longer than ${MAX_LINE_BYTES} bytes`, { at: path });
      }
    }
    yield { file, line: line + 1, bytes: rest };
  }
}
