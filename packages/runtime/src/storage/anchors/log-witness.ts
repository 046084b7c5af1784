// The client of one log witness (C2SP tlog-witness): it shows a checkpoint and that it continues the last one the log
// witness saw, and gets a cosignature.
//
//   POST <url>/add-checkpoint        "old " size LF { base64( hash ) LF } LF checkpoint
//
//   200 cosignature lines            409 "old" is not the size it knows; that size is the body
//   422 not a continuation           404 it doesn't know this log            403 nor this key

import { errorText } from "../../core/errors.ts";
import { cosignatureState, parseCosignature } from "../../ledger/tlog/cosignature.ts";
import { parseSize, readCheckpoint } from "../../ledger/tlog/checkpoint.ts";
import { formatNote, parseSignatureLines, type NoteSignature, type SignatureTools } from "../../ledger/tlog/note.ts";
import type { TrustedWitness } from "../../ledger/tlog/trust-policy.ts";
import { anchorUnavailable } from "./anchor-error.ts";
import { HttpPeer, type BoundedResponse } from "./bounded-request.ts";
import type { LogTree } from "./standing.ts";

const TIMEOUT_MS = 5000;
const MAX_ANSWER_BYTES = 65_536;
const ATTEMPTS = 3;
const SIZE_TYPE = "text/x.tlog.size";

/**
 * What a log witness did: `cosigned` the checkpoint; knows a later one of this very log (`superseded`); or `refused` it:
 * it saw another history, at `known` entries when it says so.
 */
export type WitnessAnswer =
  | { readonly outcome: "cosigned"; readonly signatures: readonly NoteSignature[] }
  | { readonly outcome: "superseded" }
  | { readonly outcome: "refused"; readonly known: number | null };

/** One log witness that can be asked. */
export class LogWitness {
  readonly name: string;
  readonly #witness: TrustedWitness;
  readonly #url: URL;
  readonly #peer: HttpPeer;
  readonly #tools: SignatureTools;
  readonly #timeoutMs: number;
  /** The size it is thought to know; it says so when that is wrong. */
  #old = 0;

  /** `url` is its submission prefix; one that `isUsableUrl` accepts. */
  constructor(witness: TrustedWitness, url: URL, tools: SignatureTools, timeoutMs: number = TIMEOUT_MS) {
    this.name = witness.name;
    this.#witness = witness;
    this.#url = new URL(`${url.href.replace(/\/+$/u, "")}/add-checkpoint`);
    this.#peer = new HttpPeer(url);
    this.#tools = tools;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Have a checkpoint cosigned. `tree` is the log's, at least as large. Cost: one request; one more when the log witness
   * knows another size than was thought.
   *
   * @throws {CanopyError} `ANCHOR_UNAVAILABLE` when it can't be reached, or doesn't answer as it should.
   * @see https://c2sp.org/tlog-witness
   */
  async submit(note: string, tree: LogTree): Promise<WitnessAnswer> {
    const { checkpoint } = readCheckpoint(note);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const old = this.#old;
      if (old > checkpoint.size)
        return old <= tree.size ? { outcome: "superseded" } : { outcome: "refused", known: old };
      const answer = await this.#post(requestBody(old, checkpoint.size, note, tree));
      if (answer.status === 200) {
        const signatures = this.#cosignatures(note, answer.body);
        this.#old = checkpoint.size;
        return { outcome: "cosigned", signatures };
      }
      if (answer.status === 422) {
        return { outcome: "refused", known: old === 0 ? null : old };
      }
      if (answer.status !== 409) throw this.#unusable(problemOf(answer.status));
      this.#old = this.#knownSize(answer, old);
    }
    throw this.#unusable("changes the size that it knows with every answer");
  }

  close(): void {
    this.#peer.close();
  }

  #knownSize({ headers, body }: BoundedResponse, old: number): number {
    const size = parseSize(body.replace(/\n$/u, ""));
    const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim();
    if (type !== SIZE_TYPE || size === null) throw this.#unusable("says 409 without the size that it knows");
    if (size === old) throw this.#unusable(`says 409 to the size ${old} that it knows`);
    return size;
  }

  /** Its newest cosignature of the note; lines by keys that it is not known by are left out. */
  #cosignatures(note: string, body: string): readonly NoteSignature[] {
    const { key } = this.#witness;
    let lines: readonly NoteSignature[];
    try {
      lines = parseSignatureLines(body).filter(({ name, key_id }) => name === key.name && key_id === key.key_id);
    } catch (error) {
      throw this.#unusable(`answers what is no cosignature: ${errorText(error)}`);
    }
    const { text } = readCheckpoint(note).note;
    const { state, time } = cosignatureState({ text, signatures: lines }, key, this.#tools);
    if (state === "unchecked")
      throw this.#unusable("cosigns with ML-DSA-44, which this Node can't check: Node 24.6 or later can");
    if (state !== "good" || time === null || time === 0)
      throw this.#unusable("answers no cosignature that holds by its key");
    // One is enough: with a hundred of its own it would leave no room in the note for those of others.
    return lines.filter((line) => parseCosignature(line)?.time === time).slice(0, 1);
  }

  async #post(body: string): Promise<BoundedResponse> {
    const limits = { timeoutMs: this.#timeoutMs, maxBytes: MAX_ANSWER_BYTES };
    try {
      const headers = { "content-type": "text/plain; charset=utf-8" };
      return await this.#peer.send(this.#url, { method: "POST", headers, body, ...limits });
    } catch (error) {
      throw this.#unusable(`can't be reached: ${errorText(error)}`, error);
    }
  }

  #unusable(why: string, cause?: unknown): Error {
    return anchorUnavailable(this.name, why, cause);
  }
}

/** The body of `add-checkpoint`. */
function requestBody(old: number, size: number, note: string, tree: LogTree): string {
  const path = old === 0 || old === size ? [] : tree.consistency(old, size);
  const proof = path.map((hash) => `${Buffer.from(hash).toString("base64")}\n`).join("");
  return `old ${old}\n${proof}\n${note}`;
}

function problemOf(status: number): string {
  switch (status) {
    case 404:
      return "doesn't know this log (404): have its operator enrol the origin and the key of `canopy keys --vkey --log LOG`";
    case 403:
      return "doesn't take this log's key (403): have its operator enrol the key of `canopy keys --vkey --log LOG`";
    default:
      return `answered with status ${status}`;
  }
}

/** A note with more signatures, each once. */
export function withSignatures(note: string, more: readonly NoteSignature[]): string {
  const { text, signatures } = readCheckpoint(note).note;
  const fresh = more.filter((one, at) => !more.slice(0, at).some((other) => isSame(one, other)));
  return formatNote(text, [...signatures, ...fresh.filter((one) => !signatures.some((other) => isSame(one, other)))]);
}

function isSame(a: NoteSignature, b: NoteSignature): boolean {
  return a.name === b.name && a.key_id === b.key_id && Buffer.compare(a.bytes, b.bytes) === 0;
}
