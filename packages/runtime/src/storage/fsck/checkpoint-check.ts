// The checkpoints that are kept beside a log, against the tree of its lines and the keys that were in force: the newest,
// the newest that log witnesses cosigned, and older ones (`tlog/checkpoints/<size>`).

import { counted } from "../../core/counted.ts";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { readCheckpoint, type Checkpoint } from "../../ledger/tlog/checkpoint.ts";
import { KeySuccession } from "../../ledger/tlog/key-succession.ts";
import type { TrustPolicy } from "../../ledger/tlog/trust-policy.ts";
import { verifyEd25519 } from "../tlog/checkpoint-keys.ts";
import { nodeSha256 } from "../tlog/node-sha256.ts";
import type { TileFiles } from "../tlog/tile-files.ts";
import type { ProblemBook } from "./fsck-report.ts";

/** Whose checkpoints of an origin count. */
export type CheckpointTrustOf = (origin: string) => TrustPolicy;

interface Kept {
  /** Below `tlog`. */
  readonly name: string;
  readonly checkpoint: Checkpoint;
}

const NEWEST = "checkpoint";
/** Entries by which a log goes on although another history was signed. */
const TAKEOVERS: readonly unknown[] = ["rollback_accepted", "log_continued"];

/** Checks what is kept while the lines come by. Memory: a size and a root for each. */
export class CheckpointCheck {
  readonly #files: TileFiles;
  readonly #problems: ProblemBook;
  readonly #trustOf: CheckpointTrustOf | null;
  readonly #kept: readonly Kept[];
  readonly #bySize = new Map<number, Kept[]>();
  readonly #successions = new Map<string, KeySuccession>();
  #takenOverAt = Infinity;
  #unsigned = false;
  readonly warnings: string[] = [];

  /** Reads them: the log then has at least what they cover. `trustOf` null: signatures are not checked. */
  constructor(files: TileFiles, problems: ProblemBook, trustOf: CheckpointTrustOf | null) {
    this.#files = files;
    this.#problems = problems;
    this.#trustOf = trustOf;
    this.#kept = [NEWEST, "cosigned", ...olderNames(files.folder)].flatMap((name) => this.#read(name) ?? []);
    for (const kept of this.#kept) {
      const { size, origin } = kept.checkpoint;
      this.#bySize.set(size, [...(this.#bySize.get(size) ?? []), kept]);
      if (trustOf === null || this.#successions.has(origin)) continue;
      const tools = { sha256: nodeSha256, verifySignature: verifyEd25519 };
      this.#successions.set(origin, new KeySuccession(trustOf(origin), tools));
    }
  }

  /** The newest, when it can be read. */
  get newest(): Checkpoint | null {
    return this.#kept.find(({ name }) => name === NEWEST)?.checkpoint ?? null;
  }

  /** How many older ones are kept. */
  get older(): number {
    return this.#kept.filter(({ name }) => name.startsWith("checkpoints/")).length;
  }

  /** Whether a trusted key signed the newest; asked at the end. */
  get signed(): "own key" | "not checked" | "no" {
    if (this.#trustOf === null) return "not checked";
    return this.#unsigned ? "no" : "own key";
  }

  /** An entry of the log, in order. */
  saw(index: number, entry: JsonObject, logId: string): void {
    if (TAKEOVERS.includes(entry["event"]) && entry["action_type"] === "ledger") {
      this.#takenOverAt = Math.min(this.#takenOverAt, index);
    }
    for (const succession of this.#successions.values()) succession.saw(index, entry, logId);
  }

  /** The tree has that size now. Returns whether the newest checkpoint is of it. `root` is asked only where one is. */
  at(size: number, root: () => Uint8Array): boolean {
    const here = this.#bySize.get(size) ?? [];
    if (here.length === 0) return false;
    this.#bySize.delete(size);
    const found = root();
    let holds = false;
    for (const kept of here) {
      if (Buffer.compare(found, kept.checkpoint.root) === 0) holds ||= kept.name === NEWEST;
      else this.#wrongRoot(kept, `the tree of the log's first ${size} lines has another root`);
    }
    return holds;
  }

  /** The end of the log: what none of its trees was of, and who signed. */
  finish(entries: number): void {
    for (const [size, beyond] of this.#bySize) {
      for (const kept of beyond)
        this.#wrongRoot(kept, `it is of ${counted(size, "entry", "entries")}, and the log has ${entries}`);
    }
    for (const { name, checkpoint } of this.#kept) {
      const judged = this.#successions.get(checkpoint.origin)?.judge(this.#files.readText(name) ?? "");
      if (judged === undefined || judged.state === "trusted" || judged.state === "quorum_missing") continue;
      this.#unsigned ||= name === NEWEST;
      this.#problems.add("checkpoint_signature", `tlog/${name}`, judged.reason);
    }
  }

  #wrongRoot({ name, checkpoint }: Kept, detail: string): void {
    const isAbandoned = name !== NEWEST && checkpoint.size > this.#takenOverAt;
    if (isAbandoned) this.warnings.push(`tlog/${name}: of a history that the log did not go on with`);
    else
      this.#problems.add("checkpoint_root", `tlog/${name}`, `${detail}: the log was changed, or it is of another one`);
  }

  #read(name: string): Kept | null {
    try {
      const note = this.#files.readText(name);
      if (note === null) return null;
      const { checkpoint } = readCheckpoint(note);
      if (!name.startsWith("checkpoints/") || name === `checkpoints/${checkpoint.size}`) return { name, checkpoint };
      this.#problems.add("checkpoint_form", `tlog/${name}`, `it is of ${counted(checkpoint.size, "entry", "entries")}`);
    } catch (error) {
      if (!(error instanceof CanopyError)) throw error;
      this.#problems.add("checkpoint_form", `tlog/${name}`, error.message);
    }
    return null;
  }
}

/** Those that are kept; a draft that a killed process left is none. */
function olderNames(folder: string): readonly string[] {
  try {
    const names = readdirSync(join(folder, "checkpoints")).filter((name) => !name.includes(".draft-"));
    return names.sort().map((name) => `checkpoints/${name}`);
  } catch {
    return [];
  }
}
