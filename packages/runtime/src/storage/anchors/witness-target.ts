// The way to a log's witnesses: each checkpoint is shown to all of them at once; what reaches the quorum of the trust
// policy is kept as `tlog/cosigned`, and once an hour as `tlog/checkpoints/<size>`.

import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { parseNote, type NoteSignature, type SignatureTools } from "../../ledger/tlog/note.ts";
import type { TrustPolicy } from "../../ledger/tlog/trust-policy.ts";
import { cosignedEnough, quorumOf } from "../../ledger/tlog/trusted-checkpoint.ts";
import { CanopyError, errorText } from "../../core/errors.ts";
import type { AnchorConflict } from "./anchor-conflict.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import type { AnchorMemory } from "./anchor-memory.ts";
import type { AnchoredLog } from "./anchor-target.ts";
import { isUsableUrl } from "./anchor-text.ts";
import { WITNESSES } from "./cosigned-note.ts";
import { notePlace } from "./note-place.ts";
import { requireFolder } from "../owner-folder.ts";
import { readRegular } from "../regular-file.ts";
import { LogWitness, withSignatures, type WitnessAnswer } from "./log-witness.ts";
import type { LaneTarget } from "./publish-lane.ts";

const { randomBytes } = process.getBuiltinModule("node:crypto");

const MAX_NOTE_BYTES = 1_048_576;
const KEEP_EVERY_MS = 3_600_000;

/** What cosigning works with. */
export interface WitnessTargetOptions {
  readonly policy: TrustPolicy;
  readonly log: AnchoredLog;
  readonly tools: SignatureTools;
  readonly memory: AnchorMemory;
  /** The folder `tlog` of the log's sidecar. */
  readonly folder: string;
  readonly onConflict: (conflict: AnchorConflict) => Promise<void>;
  readonly now: () => number;
  readonly timeoutMs?: number;
}

interface Told {
  readonly witness: LogWitness;
  readonly answer: WitnessAnswer | null;
  readonly error: string | null;
}

/** Has checkpoints cosigned. */
export class WitnessTarget implements LaneTarget {
  readonly name: string = WITNESSES;
  readonly #options: WitnessTargetOptions;
  readonly #witnesses: readonly LogWitness[];

  /** @throws {CanopyError} `INVALID_CONFIG` when a log witness's URL is neither https nor on this machine. */
  constructor(options: WitnessTargetOptions) {
    this.#options = options;
    this.#witnesses = options.policy.witnesses.flatMap((witness) => {
      if (witness.url === null) return [];
      const url = new URL(witness.url);
      if (isUsableUrl(url)) return [new LogWitness(witness, url, options.tools, options.timeoutMs)];
      throw new CanopyError("INVALID_CONFIG", `the log witness \`${witness.name}\` has a URL that is not https`, {
        fix: "give https://…, or http on this machine itself",
      });
    });
  }

  async publish(note: string): Promise<void> {
    const tree = await this.#options.log.openTree();
    let told: readonly Told[];
    let conflicts: readonly AnchorConflict[];
    try {
      told = await Promise.all(this.#witnesses.map((witness) => submit(witness, note, tree)));
      conflicts = told.flatMap((one) => conflictOf(one, note, tree.size));
    } finally {
      tree.close();
    }
    await this.#remember(told, note);
    const cosigned = withSignatures(note, told.flatMap(signaturesOf));
    const isEnough =
      cosignedEnough(parseNote(cosigned), this.#options.policy, this.#options.tools).quorum !== "missing";
    const [conflict] = conflicts;
    if (conflict !== undefined && !this.#canDoWithout(conflicts)) return this.#options.onConflict(conflict);
    if (isEnough) return this.#keep(cosigned);
    // Another process had a later one cosigned.
    if (told.some(({ answer }) => answer?.outcome === "superseded")) return undefined;
    const why = told.flatMap(({ witness, error }) => (error === null ? [] : [`${witness.name}: ${error}`]));
    throw anchorUnavailable(WITNESSES, `did not reach the quorum: ${why.join("; ")}`);
  }

  close(): void {
    for (const witness of this.#witnesses) witness.close();
  }

  /** Whether the quorum could be reached if everyone cosigned but those that refuse: then they stop nothing. */
  #canDoWithout(conflicts: readonly AnchorConflict[]): boolean {
    const { policy } = this.#options;
    const names = policy.witnesses.map(({ name }) => name);
    return (
      quorumOf(
        policy,
        names.filter((name) => !conflicts.some(({ anchor }) => anchor === name)),
      ) !== "missing"
    );
  }

  async #remember(told: readonly Told[], note: string): Promise<void> {
    const { memory, now } = this.#options;
    const { size } = readCheckpoint(note).checkpoint;
    const time = new Date(now()).toISOString();
    for (const { witness, answer, error } of told) {
      const known = await memory.read(witness.name);
      if (answer?.outcome === "cosigned") {
        const fresh = { size: Math.max(size, known.size), published_at: time, failing_since: null, error: null };
        await memory.write({ ...known, ...fresh });
      } else if (answer?.outcome !== "superseded") {
        const problem = error ?? "it refuses this log";
        await memory.write({ ...known, failing_since: known.failing_since ?? time, error: problem });
      }
    }
  }

  async #keep(note: string): Promise<void> {
    const { folder, now } = this.#options;
    const { size } = readCheckpoint(note).checkpoint;
    const kept = join(folder, "checkpoints");
    for (const each of [folder, kept]) requireFolder(each);
    await mkdir(kept, { recursive: true, mode: 0o700 });
    // What was cosigned before a rollback that was accepted stays as evidence.
    const before = notePlace(cosignedIn(folder));
    if (before !== null && before.size > size) await rename(join(folder, "cosigned"), join(kept, String(before.size)));
    await putWhole(join(folder, "cosigned"), note);
    if (now() - (await newestTime(kept)) >= KEEP_EVERY_MS) await putWhole(join(kept, String(size)), note);
  }
}

async function submit(witness: LogWitness, note: string, tree: Parameters<LogWitness["submit"]>[1]): Promise<Told> {
  try {
    return { witness, answer: await witness.submit(note, tree), error: null };
  } catch (error) {
    return { witness, answer: null, error: errorText(error) };
  }
}

function signaturesOf({ answer }: Told): readonly NoteSignature[] {
  return answer?.outcome === "cosigned" ? answer.signatures : [];
}

function conflictOf({ witness, answer }: Told, note: string, log_size: number): readonly AnchorConflict[] {
  if (answer?.outcome !== "refused") return [];
  const { size, root } = readCheckpoint(note).checkpoint;
  const log_root = Buffer.from(root).toString("hex");
  const anchor_size = answer.known ?? size;
  return [{ anchor: witness.name, standing: "refused", anchor_size, anchor_root: null, log_size, log_root }];
}

function cosignedIn(folder: string): string {
  try {
    return readRegular(join(folder, "cosigned"), MAX_NOTE_BYTES).toString("utf8");
  } catch {
    return "";
  }
}

async function newestTime(folder: string): Promise<number> {
  let newest = Number.NEGATIVE_INFINITY;
  for (const name of await readdir(folder)) newest = Math.max(newest, (await stat(join(folder, name))).mtimeMs);
  return newest;
}

async function putWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.draft-${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx", flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}
