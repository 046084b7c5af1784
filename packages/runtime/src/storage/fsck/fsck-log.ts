// Checking a log and all that stands beside it from its bytes: chain, segments, heads, batch signatures, records,
// policies, the entries before checkpoints with the roots of the index that they state, checkpoints, tiles, and the indexes. Nothing is believed that can be
// computed. Only what is derived is ever repaired.

import { counted } from "../../core/counted.ts";
import { join } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import { isRotationSigned } from "../../identity/rotation.ts";
import type { LedgerEntry } from "../../ledger/ports.ts";
import { realFileSystem } from "../file-system.ts";
import { readHead } from "../head-file.ts";
import { headPath } from "../head-path.ts";
import { catchUpIndex } from "../index-catch-up.ts";
import { IndexDatabase } from "../index-database.ts";
import { KeptRecords } from "../kept-records.ts";
import { LogLock } from "../log-lock.ts";
import { tryParseEntry } from "../parse-entry.ts";
import { logPathsOf, type LogPaths } from "../sidecar.ts";
import type { KeyLookup } from "../signature-audit.ts";
import { verifyEd25519 } from "../tlog/checkpoint-keys.ts";
import { GrowingTree } from "../tlog/growing-tree.ts";
import { LogLines, type IndexedLine } from "../tlog/log-lines.ts";
import { LogTally } from "../tlog/log-tally.ts";
import { TileFiles } from "../tlog/tile-files.ts";
import { parseState, type TlogState } from "../tlog/tlog-state.ts";
import { usableLog, verifyLog, type VerifyResult } from "../verify-log.ts";
import { CheckpointCheck, type CheckpointTrustOf } from "./checkpoint-check.ts";
import { checkIndexRoots } from "./index-roots-check.ts";
import { ProblemBook, type FsckReport } from "./fsck-report.ts";
import { IndexCheck } from "./index-check.ts";
import { MetaCheck } from "./meta-check.ts";
import { checkProofs } from "./proofs-check.ts";
import { RecordCheck } from "./record-check.ts";
import { parseRotation } from "../../ledger/tlog/rotation-entry.ts";
import { TileCheck } from "./tile-check.ts";

/** How a log is checked. */
export interface FsckOptions {
  /** CANOPY_HOME: its head, its `payload.key`. */
  readonly home: string;
  /** Checks of batch signatures; null: they are not checked. */
  readonly signatures: KeyLookup | null;
  /** Whose checkpoints count, and whose that followed them in the log; null: signatures of checkpoints are not checked. */
  readonly trustOf: CheckpointTrustOf | null;
  /** Make derived files again where they are wrong. */
  readonly repair?: boolean;
  /** Told from time to time how far it is. */
  readonly progress?: (done: number, total: number, what: "lines" | "index") => void;
}

const YIELD_EVERY = 4096;
const REPAIR_STEP_BYTES = 16_777_216;
const LOCK_TIMEOUT_MS = 5000;

/**
 * Check a log. Others may go on writing to it: what they add meanwhile is left out.
 *
 * Cost: five passes and the making of the index (docs/absence-proofs.md), for which about 100 bytes an entry are taken in the
 * system's folder for temporary files; memory stays at some tens of MiB.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when there is no log to check.
 */
export async function fsckLog(log: string, options: FsckOptions): Promise<FsckReport> {
  const path = usableLog(realFileSystem, log, options.home);
  const problems = new ProblemBook();
  const { home, signatures } = options;
  const verified = await verifyLog(path, { home, ...(signatures === null ? {} : { signatures }) });
  chainProblems(verified, problems);
  strangeKey(verified, readHead(realFileSystem, headPath(home, path)) !== null, problems);
  const own = logPathsOf(path, home);
  const paths = realFileSystem.statusAt(own.index) === null ? logPathsOf(path) : own;
  const lock = options.repair === true ? await repairLock(paths) : null;
  try {
    return await new Fsck(paths, options, problems).run(verified);
  } finally {
    lock?.close();
  }
}

/** Held while tiles are repaired, so that no checkpoint is made meanwhile. */
async function repairLock(paths: LogPaths): Promise<LogLock | null> {
  const path = join(paths.tlog, "lock.sqlite");
  if (realFileSystem.statusAt(path) === null) return null;
  const lock = await LogLock.open(realFileSystem, path, LOCK_TIMEOUT_MS);
  await lock.acquire();
  return lock;
}

function chainProblems({ failure, segment, first_bad_line, warnings }: VerifyResult, problems: ProblemBook): void {
  for (const warning of warnings) {
    if (/^segment .*: entries before it were not checked/u.test(warning))
      problems.add("segment_missing", "segments", warning);
  }
  if (failure === null) return;
  const code =
    failure === "segment" || failure === "shrunk" || failure === "checkpoint" || failure === "signature"
      ? failure
      : "chain";
  problems.add(code, `${segment ?? "log"}: line ${first_bad_line ?? 1}`, failure);
}

/** A home that keeps the log's head wrote it: it had every key that signed it, and there a key that it hasn't is no note. */
function strangeKey({ signatures }: VerifyResult, isOwn: boolean, problems: ProblemBook): void {
  const key = signatures === "not checked" ? null : signatures.unknown_key;
  if (key === null || !isOwn) return;
  const detail = `batches are signed by a key that this home, which wrote the log, doesn't have: ${key}; nobody can check them here`;
  problems.add("signature", "proofs.jsonl", detail);
}

interface Checks {
  readonly checkpoints: CheckpointCheck;
  readonly index: IndexCheck;
  readonly records: RecordCheck;
}

const NO_CHECKPOINT =
  "checkpoints were made of this log, and none stands beside it: the next process that opens the log makes one again";

class Fsck {
  readonly #paths: LogPaths;
  readonly #options: FsckOptions;
  readonly #problems: ProblemBook;
  readonly #files: TileFiles;
  readonly #repaired: string[] = [];
  readonly #warnings: string[] = [];
  readonly #activated = new Map<string, string>();
  #logId: string | null = null;

  constructor(paths: LogPaths, options: FsckOptions, problems: ProblemBook) {
    this.#paths = paths;
    this.#options = options;
    this.#problems = problems;
    this.#files = new TileFiles(realFileSystem, paths.tlog);
  }

  async run(verified: VerifyResult): Promise<FsckReport> {
    // Read before the lines: the log then has at least what they cover.
    const checkpoints = new CheckpointCheck(this.#files, this.#problems, this.#options.trustOf);
    const found = checkpoints.newest;
    const head = readHead(realFileSystem, headPath(this.#options.home, this.#paths.log))?.seq ?? 0;
    const index = new IndexCheck(this.#paths.index, this.#problems);
    const lines = LogLines.open(realFileSystem, this.#paths.log);
    const records = new RecordCheck(this.#paths.log, this.#options.home, this.#problems);
    try {
      const pass = await this.#pass(lines, { checkpoints, index, records });
      const { progress } = this.#options;
      const told = progress && ((done: number) => progress(done, lines.size, "index"));
      const index_roots = await checkIndexRoots(lines, this.#problems, told);
      const policies = this.#policies();
      const known = { entries: pass.tree.size, checkpoint: found?.size ?? 0, head };
      checkProofs(realFileSystem, { path: this.#paths.proofs, ...known }, this.#problems);
      if (this.#options.repair === true) this.#repairIndex();
      const { listed, total } = this.#problems;
      this.#warn(verified, pass.records.unchecked);
      return {
        path: this.#paths.log,
        clean: total === 0,
        entries: pass.tree.size,
        segments: lines.segments,
        head: verified.head,
        tree: { size: pass.tree.size, root: hex(pass.tree.root()) },
        checkpoint: found === null ? null : { origin: found.origin, size: found.size, signed: checkpoints.signed },
        kept_checkpoints: checkpoints.older,
        index_roots,
        records: pass.records,
        policies,
        signed_entries: verified.signatures === "not checked" ? null : verified.signatures.entries,
        problems: listed,
        problems_total: total,
        repaired: this.#repaired,
        warnings: this.#warnings,
      };
    } finally {
      lines.close();
      index.close();
      records.close();
    }
  }

  async #pass(
    lines: LogLines,
    { checkpoints, index, records }: Checks,
  ): Promise<{ readonly tree: GrowingTree; readonly records: FsckReport["records"] }> {
    const { repair = false, progress } = this.#options;
    const size = checkpoints.newest?.size ?? 0;
    const tiles = new TileCheck({ files: this.#files, problems: this.#problems, size, repair });
    const hasBundles = realFileSystem.statusAt(join(this.#paths.tlog, "tile", "entries")) !== null;
    const tree = new GrowingTree(tiles, 0, noNodes, hasBundles ? [] : null);
    const tally = new LogTally({ ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 }, null);
    const metas = new MetaCheck(lines, this.#problems);
    const state = this.#state();
    const at = (): void => {
      metas.at(tree.size, tally, () => hex(tree.root()));
      if (checkpoints.at(tree.size, () => tree.root())) tree.writeAll();
    };
    at();
    for (const line of lines.lines(0)) {
      const leaf = tree.append(line.bytes);
      tally.add(line.bytes);
      tree.writeFull();
      at();
      index.saw(line);
      if (tree.size === state?.covered && hex(leaf) !== state.leaf) this.#wrongState();
      this.#entry(line, (entry, place) => {
        records.saw(entry, place);
        checkpoints.saw(line.index, entry, this.#logId ?? "");
      });
      if (tree.size % YIELD_EVERY !== 0) continue;
      progress?.(tree.size, lines.size, "lines");
      await new Promise((resolve) => setImmediate(resolve));
    }
    metas.finish();
    index.finish();
    checkpoints.finish(tree.size);
    this.#warnings.push(...checkpoints.warnings);
    if (metas.count > 0 && checkpoints.newest === null) this.#warnings.push(NO_CHECKPOINT);
    if (tiles.repaired > 0) this.#repaired.push(`${counted(tiles.repaired, "tile")} written anew`);
    return { tree, records: records.finish() };
  }

  #state(): TlogState | null {
    try {
      return parseState(this.#files.readText("state"));
    } catch (error) {
      if (!(error instanceof CanopyError)) throw error;
      this.#wrongState(error.message);
      return null;
    }
  }

  #wrongState(detail = "the place that it notes is not of this log"): void {
    this.#problems.addDerived("state_wrong", "tlog/state", detail);
    if (this.#options.repair !== true) return;
    this.#files.remove("state");
    this.#repaired.push("tlog/state removed: the next process that opens the log makes it");
  }

  #entry(line: IndexedLine, saw: (entry: LedgerEntry, place: string) => void): void {
    const entry = tryParseEntry(line.bytes.toString("utf8"));
    // A line of another writer's has no seq; its chain was checked.
    if (entry === null) return;
    const place = `entry of index ${line.index} (segment ${line.segment}, byte ${line.offset})`;
    if (entry.seq !== line.index + 1)
      this.#problems.add("seq", place, `its seq is ${entry.seq}: expected ${line.index + 1}`);
    this.#logId ??= entry.log_id;
    if (entry.log_id !== this.#logId) this.#problems.add("log_id", place, "it is of another log than the first");
    const activated = entry.event === "policy_activated" ? entry["policy_hash"] : null;
    if (typeof activated === "string" && !this.#activated.has(activated)) this.#activated.set(activated, place);
    if (entry.event === "key_rotated") this.#rotation(entry, place);
    saw(entry, place);
  }

  #rotation(entry: LedgerEntry, place: string): void {
    const rotation = parseRotation(entry);
    const holds = rotation !== null && isRotationSigned(rotation, verifyEd25519);
    if (!holds) this.#problems.add("key_rotated", place, "the old and the new key did not both sign it");
  }

  #policies(): number {
    const kept = new KeptRecords(this.#paths.log, this.#options.home);
    const hashes = kept.policyHashes();
    for (const hash of hashes) {
      const policy = kept.policy(hash);
      if ("missing" in policy) this.#problems.add("policy_changed", `policies/${hash}`, "its bytes have another hash");
    }
    for (const [hash, place] of this.#activated) {
      if (!hashes.includes(hash))
        this.#problems.add("policy_missing", place, `the policy ${hash} that it activated is not kept`);
    }
    kept.close();
    return hashes.length;
  }

  #repairIndex(): void {
    if (!this.#problems.codes.has("index_wrong") && !this.#problems.codes.has("index_unreadable")) return;
    const { index: path } = this.#paths;
    for (const suffix of ["", "-wal", "-shm"]) {
      if (realFileSystem.statusAt(`${path}${suffix}`) !== null) realFileSystem.unlink(`${path}${suffix}`);
    }
    const index = new IndexDatabase(path);
    while (catchUpIndex(realFileSystem, this.#paths, index, REPAIR_STEP_BYTES));
    index.close();
    this.#repaired.push("index.sqlite made anew");
  }

  #warn({ warnings, signatures }: VerifyResult, unchecked: number): void {
    if (unchecked > 0)
      this.#warnings.push(
        `${counted(unchecked, "record")} could not be opened: this home has not the key they were written with`,
      );
    if (signatures === "not checked") this.#warnings.push("signatures of batches: not checked");
    for (const warning of warnings) {
      // The problems have said these.
      const isSaid = this.#problems.codes.has("signature") && warning.startsWith("batches are signed by a key");
      if (!isSaid && !warning.startsWith("signatures:") && !/is not there/u.test(warning)) this.#warnings.push(warning);
    }
    if (this.#options.trustOf === null) this.#warnings.push("signatures of checkpoints: not checked");
    if (realFileSystem.statusAt(this.#paths.poisoned) !== null) {
      this.#warnings.push("a sync of the log failed and is not mended yet: the next process that opens it does that");
    }
  }
}

function noNodes(): Uint8Array {
  throw new RangeError("an empty tree has no nodes");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
