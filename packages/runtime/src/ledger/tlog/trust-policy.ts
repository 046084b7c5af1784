// Trust policies (C2SP tlog-policy): whose checkpoints a verifier accepts, and how many log witnesses must have cosigned.
//
//   log <vkey> [<url>]
//   witness <name> <vkey> [<url>]                   vkey of type 4 (cosignature/v1)
//   group <name> all|any|<k> <name>…                names defined above; each a member of one group only
//   quorum <name>|none                              exactly one such line
//   index-auditor <vkey>                            ours: this key's cosignature also says that the index was recomputed
//
// Empty lines and lines that begin with # are passed over. Items stand apart by spaces and tabs.
// Refused: anything else, control characters, a name or a key twice, a key in two roles, over 256 lines of a kind.

import { CanopyError } from "../../core/errors.ts";
import { encodeHex } from "../../identity/hex.ts";
import type { Sha256 } from "../merkle.ts";
import { parseVerifierKey, type VerifierKey } from "./verifier-key.ts";

/** A log whose checkpoints are accepted. */
export interface TrustedLog {
  readonly key: VerifierKey;
  readonly url: string | null;
}

/** A log witness, by the name that the policy gives it. */
export interface TrustedWitness {
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string | null;
}

/** Members of which at least `threshold` must have cosigned. */
export interface WitnessGroup {
  readonly name: string;
  readonly threshold: number;
  /** Names of log witnesses and of groups before this one. */
  readonly members: readonly string[];
}

/** What a verifier trusts. */
export interface TrustPolicy {
  readonly logs: readonly TrustedLog[];
  readonly witnesses: readonly TrustedWitness[];
  /** In the order of the file: each group's members stand before it. */
  readonly groups: readonly WitnessGroup[];
  /** The log witness or group that must have cosigned, or `none`. */
  readonly quorum: string;
  /** Keys whose cosignature also says that the index was recomputed from the entries. */
  readonly index_auditors: readonly VerifierKey[];
}

const MAX_TEXT = 1_048_576;
const MAX_OF_A_KIND = 256;
const MAX_ITEM = 4096;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/u;
const FIX = "write it as c2sp.org/tlog-policy describes it, with verifier keys as their owners published them";

/** A policy that trusts these log keys alone and asks for no cosignature, as `--vkey` gives it. */
export function trustKeys(keys: readonly VerifierKey[]): TrustPolicy {
  return {
    logs: keys.map((key) => ({ key, url: null })),
    witnesses: [],
    groups: [],
    quorum: "none",
    index_auditors: [],
  };
}

/**
 * Parse a trust policy. Cost: linear, and about 0.2 ms a key.
 *
 * @throws {CanopyError} `INVALID_TRUST`, with the line in `at`.
 * @see https://c2sp.org/tlog-policy
 */
export function parseTrustPolicy(text: string, sha256: Sha256): TrustPolicy {
  if (text.length > MAX_TEXT) throw invalid(`it must have at most ${MAX_TEXT} characters`, 1);
  const reader = new PolicyReader(sha256);
  for (const [index, line] of text.split("\n").entries()) {
    if (CONTROL.test(line)) throw invalid("lines must have no control characters but tabs", index + 1);
    const items = line.split(/[ \t]+/u).filter((item) => item !== "");
    if (items.length > 0 && items[0]?.startsWith("#") !== true) reader.read(items, index + 1);
  }
  return reader.policy();
}

class PolicyReader {
  readonly #sha256: Sha256;
  readonly #logs: TrustedLog[] = [];
  readonly #witnesses: TrustedWitness[] = [];
  readonly #groups: WitnessGroup[] = [];
  readonly #auditors: VerifierKey[] = [];
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  /** Role of each public key: one may verify one thing only. */
  readonly #roles = new Map<string, string>();
  #quorum: string | null = null;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  policy(): TrustPolicy {
    if (this.#quorum === null)
      throw invalid("it must have one `quorum` line; `quorum none` asks for no cosignature", 1);
    return {
      logs: this.#logs,
      witnesses: this.#witnesses,
      groups: this.#groups,
      quorum: this.#quorum,
      index_auditors: this.#auditors,
    };
  }

  read(items: readonly string[], line: number): void {
    if (items.some((item) => item.length > MAX_ITEM)) throw invalid(`an item has at most ${MAX_ITEM} characters`, line);
    const [word = "", ...rest] = items;
    switch (word) {
      case "log":
        return this.#readLog(rest, line);
      case "witness":
        return this.#readWitness(rest, line);
      case "group":
        return this.#readGroup(rest, line);
      case "quorum":
        return this.#readQuorum(rest, line);
      case "index-auditor":
        return this.#readAuditor(rest, line);
      default:
        throw invalid("a line must begin with `log`, `witness`, `group`, `quorum`, `index-auditor` or `#`", line);
    }
  }

  #readLog(items: readonly string[], line: number): void {
    const [vkey = "", url, ...more] = items;
    if (vkey === "" || more.length > 0) throw invalid("a log is `log <vkey> [<url>]`", line);
    const key = this.#key(vkey, "log", line);
    if (key.algorithm !== "ed25519") throw invalid("a log's key must be of type 1 (Ed25519)", line);
    push(this.#logs, { key, url: checkedUrl(url, line) }, line);
  }

  #readWitness(items: readonly string[], line: number): void {
    const [name = "", vkey = "", url, ...more] = items;
    if (vkey === "" || more.length > 0) throw invalid("a log witness is `witness <name> <vkey> [<url>]`", line);
    this.#define(name, line);
    const key = this.#key(vkey, "witness", line);
    if (key.algorithm === "ed25519") throw invalid("a log witness's key must be of type 4 (cosignature/v1)", line);
    push(this.#witnesses, { name, key, url: checkedUrl(url, line) }, line);
  }

  #readGroup(items: readonly string[], line: number): void {
    const [name = "", count = "", ...members] = items;
    if (members.length === 0) throw invalid("a group is `group <name> all|any|<k> <name>…`", line);
    for (const member of members) {
      if (!this.#names.has(member)) throw invalid("a group's members must be defined above it", line);
      if (this.#members.has(member)) throw invalid("a name must be a member of one group only, and once", line);
      this.#members.add(member);
    }
    this.#define(name, line);
    push(this.#groups, { name, threshold: thresholdOf(count, members.length, line), members }, line);
  }

  #readQuorum(items: readonly string[], line: number): void {
    const [name = "", ...more] = items;
    if (name === "" || more.length > 0) throw invalid("a quorum is `quorum <name>` or `quorum none`", line);
    if (this.#quorum !== null) throw invalid("there must be one `quorum` line only", line);
    if (name !== "none" && !this.#names.has(name)) throw invalid("the quorum must be defined above it", line);
    this.#quorum = name;
  }

  #readAuditor(items: readonly string[], line: number): void {
    const [vkey = "", ...more] = items;
    if (vkey === "" || more.length > 0) throw invalid("an index auditor is `index-auditor <vkey>`", line);
    const key = this.#key(vkey, "index-auditor", line);
    if (key.algorithm !== "cosignature-v1") throw invalid("an index auditor's key must be of type 4", line);
    push(this.#auditors, key, line);
  }

  #define(name: string, line: number): void {
    if (name === "none" || this.#names.has(name)) throw invalid("names must differ, and none be `none`", line);
    this.#names.add(name);
  }

  #key(vkey: string, role: string, line: number): VerifierKey {
    const key = this.#parsed(vkey, line);
    const id = encodeHex(key.public_key);
    const before = this.#roles.get(id);
    if (before !== undefined)
      throw invalid(`a public key must stand in one line only; this one is a ${before} too`, line);
    this.#roles.set(id, role);
    return key;
  }

  #parsed(vkey: string, line: number): VerifierKey {
    try {
      return parseVerifierKey(vkey, this.#sha256);
    } catch (cause) {
      const why = cause instanceof CanopyError ? cause.message : "not a verifier key";
      throw new CanopyError("INVALID_TRUST", `not a trust policy: ${why}`, { at: `line ${line}`, fix: FIX, cause });
    }
  }
}

function thresholdOf(count: string, members: number, line: number): number {
  if (count === "all") return members;
  if (count === "any") return 1;
  const k = /^[1-9][0-9]{0,5}$/u.test(count) ? Number(count) : 0;
  if (k < 1 || k > members) throw invalid("a group's count must be `all`, `any`, or 1 to the number of members", line);
  return k;
}

function checkedUrl(url: string | undefined, line: number): string | null {
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:$/u.test(new URL(url).protocol))
    throw invalid("a url must be http or https", line);
  return url;
}

function push<Item>(list: Item[], item: Item, line: number): void {
  if (list.length >= MAX_OF_A_KIND) throw invalid(`there must be at most ${MAX_OF_A_KIND} lines of a kind`, line);
  list.push(item);
}

function invalid(expected: string, line: number): CanopyError {
  return new CanopyError("INVALID_TRUST", `not a trust policy: ${expected}`, { at: `line ${line}`, fix: FIX });
}
