// Making an evidence bundle (docs/evidence-bundle.md) from a log: chosen entries under the newest checkpoint, line by
// line, so that memory doesn't grow with the log.
//
// What is made is what the log's signed tree holds: a line that was changed since is refused, not packed. Nothing is
// signed here, so that making a bundle from a log that was rewritten lends it nothing.

import { counted } from "../../core/counted.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { textOf } from "../../forensics/entry-members.ts";
import { parsePublicKey } from "../../identity/public-key.ts";
import { verifierKeyOf } from "../../identity/key-id.ts";
import { bundleLines, type BundleContent } from "../../ledger/evidence/bundle-lines.ts";
import { readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { KEY_ROTATED, parseRotation } from "../../ledger/tlog/rotation-entry.ts";
import { lineLeaf } from "../../ledger/tlog/entry-data.ts";
import { realFileSystem } from "../../storage/file-system.ts";
import { KeptRecords } from "../../storage/kept-records.ts";
import { logIdOf } from "../../storage/log-id.ts";
import { LogReader } from "../../storage/log-reader.ts";
import { readWhole } from "../../storage/owner-file.ts";
import { tryParseEntry } from "../../storage/parse-entry.ts";
import { noCheckpoint } from "../../storage/tlog/prove-included.ts";
import { TlogReader } from "../../storage/tlog/tlog-reader.ts";
import { usableLog } from "../../storage/verify-log.ts";
import { sha256 } from "../crypto.ts";
import { listKeys } from "../key-store.ts";

/** What goes into a bundle. */
export interface BundleRequest {
  /** Places of the entries, counted from 0. */
  readonly indexes: readonly number[];
  /** Its keys are named in the bundle, as suggestions. */
  readonly home: string;
  /** RFC 3339. */
  readonly made_at: string;
  readonly about: JsonObject;
  readonly proofs: readonly { readonly name: string; readonly proof: JsonObject }[];
  readonly reports: readonly { readonly format: "json" | "md"; readonly text: string }[];
}

/** What a bundle holds. */
export interface MadeBundle {
  readonly origin: string;
  /** The checkpoint's size. */
  readonly size: number;
  readonly entries: number;
  /** Entries that were asked for and are newer than the checkpoint. */
  readonly left_out: number;
  /** Whether the checkpoint carries cosignatures of log witnesses. */
  readonly cosigned: boolean;
  readonly policies: number;
  /** Policies that its entries name and that aren't kept beside the log any more. */
  readonly policies_missing: number;
}

/**
 * Write a bundle, a line at a time.
 *
 * Cost: one pass from the first entry to the last, and a few hashes; memory is that of the indexes and of the policies.
 *
 * @throws {CanopyError} `INVALID_CHECKPOINT` when the log has no checkpoint of its own, or all that is asked for is
 *   newer; `LEDGER_REFUSED` when a line is not the one that the signed tree holds; `FILE_UNUSABLE`.
 */
export async function makeBundle(
  log: string,
  request: BundleRequest,
  write: (text: string) => void,
): Promise<MadeBundle> {
  const path = usableLog(realFileSystem, log);
  const reader = await TlogReader.open(path);
  const kept = new KeptRecords(path, request.home);
  try {
    const newest = request.indexes.reduce((most, index) => Math.max(most, index), 0);
    const note = checkpointFor(reader, join(`${path}.d`, "tlog", "cosigned"), newest);
    const { origin, size } = readCheckpoint(note).checkpoint;
    const entries = request.indexes.filter((index) => index < size);
    if (entries.length === 0) throw nothingCovered(request.indexes.length);
    const lines = new LineSource(reader);
    const policies = new PolicyCollector(kept);
    // Whoever trusts a key that was rotated out follows these entries to the one that signed.
    const rotations = rotationsBefore(path, size);
    const content: BundleContent = {
      ...request,
      origin,
      log_id: logIdOf(realFileSystem, path) ?? "",
      keys: keysOf(request.home, origin),
      checkpoint: note,
      size,
      entries: [...entries, ...rotations],
      node: reader.node,
      line: (index) => {
        const line = lines.line(index);
        policies.saw(line);
        return line;
      },
      // Asked for after the entries: by then it is known which policies they name.
      get policies() {
        return policies.texts();
      },
    };
    for (const text of bundleLines(content, startHash)) write(text);
    return {
      origin,
      size,
      entries: new Set([...entries, ...rotations]).size,
      left_out: request.indexes.length - entries.length,
      cosigned: readCheckpoint(note).note.signatures.length > 1,
      policies: policies.texts().length,
      policies_missing: policies.missing,
    };
  } finally {
    kept.close();
    reader.close();
  }
}

function startHash(): ReturnType<Parameters<typeof bundleLines>[1]> {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

/** The checkpoint that the log witnesses cosigned when it reaches far enough, else the newest. */
function checkpointFor(reader: TlogReader, cosignedFile: string, newest: number): string {
  const own = reader.checkpointNote();
  if (own === null) throw noCheckpoint(reader);
  const cosigned = readWhole(realFileSystem, cosignedFile)?.toString("utf8") ?? null;
  if (cosigned === null) return own;
  try {
    const { size, root, origin } = readCheckpoint(cosigned).checkpoint;
    const isOurs = origin === readCheckpoint(own).checkpoint.origin && size <= reader.size;
    return isOurs && newest < size && Buffer.compare(reader.rootAt(size), root) === 0 ? cosigned : own;
  } catch {
    // A file that is no note is of no use; the newest checkpoint is.
    return own;
  }
}

/** The lines of a log, asked for in ascending order: one pass, whatever lies between. */
class LineSource {
  readonly #reader: TlogReader;
  #next: number | null = null;
  #lines: ReturnType<TlogReader["lines"]> | null = null;

  constructor(reader: TlogReader) {
    this.#reader = reader;
  }

  line(index: number): string {
    const bytes = this.#bytes(index);
    if (Buffer.compare(lineLeaf(bytes, sha256), this.#reader.leaf(index)) !== 0) {
      throw new CanopyError("LEDGER_REFUSED", `line ${index + 1} of the log is not the one that its tree holds`, {
        fix: "the log was changed: see `canopy verify` and `canopy ledger fsck`",
      });
    }
    return utf8(bytes, index);
  }

  #bytes(index: number): Uint8Array {
    // Far ahead, a look-up is quicker than reading what lies between.
    if (this.#lines === null || this.#next === null || index < this.#next || index - this.#next > FAR) {
      this.#lines = this.#reader.lines(index);
    }
    for (let step = this.#lines.next(); step.done !== true; step = this.#lines.next()) {
      this.#next = step.value.index + 1;
      if (step.value.index === index) return step.value.bytes;
    }
    throw new CanopyError("FILE_UNUSABLE", `the log has no line ${index + 1} any more`);
  }
}

const FAR = 2048;

function utf8(bytes: Uint8Array, index: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CanopyError("LEDGER_REFUSED", `line ${index + 1} of the log is no UTF-8 text: a bundle can't hold it`, {
      cause,
      fix: "keep the log as evidence; `canopy verify` shows how it stands",
    });
  }
}

/** Gathers the policies that entries name, once each. */
class PolicyCollector {
  readonly #kept: KeptRecords;
  readonly #texts = new Map<string, string | null>();

  constructor(kept: KeptRecords) {
    this.#kept = kept;
  }

  saw(line: string): void {
    const entry = tryParseEntry(line);
    const snapshot = entry?.["policy_snapshot"];
    const hash = isJsonObject(snapshot) ? textOf(snapshot, "policy_hash") : "";
    if (hash === "" || this.#texts.has(hash) || this.#texts.size >= MOST_POLICIES) return;
    this.#texts.set(hash, this.#textOf(hash));
  }

  texts(): readonly { readonly hash: string; readonly text: string }[] {
    return [...this.#texts].flatMap(([hash, text]) =>
      text === null ? [] : { hash: hash.slice("sha256:".length), text },
    );
  }

  get missing(): number {
    return [...this.#texts.values()].filter((text) => text === null).length;
  }

  #textOf(hash: string): string | null {
    const policy = this.#kept.policy(hash);
    if ("missing" in policy) return null;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(policy.bytes);
    } catch {
      return null;
    }
  }
}

const MOST_POLICIES = 1000;

/** Places of the entries by which checkpoint keys were rotated. */
function rotationsBefore(log: string, size: number): readonly number[] {
  // Lines that were changed are found where they are packed.
  const reader = LogReader.open(log, { unusable: () => undefined, scan: true });
  try {
    return [...reader.query({ event: KEY_ROTATED, before_seq: size + 1 })].flatMap((entry) =>
      parseRotation(entry)?.statement.purpose === "checkpoint" ? [entry.seq - 1] : [],
    );
  } finally {
    reader.close();
  }
}

function keysOf(home: string, origin: string): BundleContent["keys"] {
  return listKeys(home)
    .filter(({ name }) => name === "checkpoint")
    .flatMap(({ did_key }) => {
      const vkey = verifierKeyOf(origin, parsePublicKey(did_key), sha256);
      return vkey === null ? [] : [{ vkey, purpose: "checkpoint" }];
    });
}

function nothingCovered(asked: number): CanopyError {
  const problem =
    asked === 0
      ? "no entry matches"
      : `the newest checkpoint covers none of what was found (${counted(asked, "entry", "entries")})`;
  return new CanopyError("INVALID_CHECKPOINT", `${problem}: there is nothing to put into a bundle`, {
    fix:
      asked === 0
        ? "ask for a trace, an agent, an incident or a time that the log has entries of"
        : "a process with `tlog` on makes one within a second, or when it closes its runtime: run `canopy authorize` on the log, or see that yours calls `runtime.close()`",
  });
}
