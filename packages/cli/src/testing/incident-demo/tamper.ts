// What somebody does who owns the log's host: edit a line, cut the end off, or write the whole log anew and sign it with
// the keys that were stolen. Each also removes what the host itself remembers of the log.

import { createHash, createPrivateKey, sign } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "./world.ts";

const GENESIS = createHash("sha256").update("Canopy Audit Log v1").digest("hex");

type Members = Record<string, unknown>;

function linesOf({ log }: World): readonly string[] {
  return readFileSync(log, "utf8").trimEnd().split("\n");
}

/** The line numbers (from 0) of what the agent did to that host: the decision, its start, its result. */
function traitorous(world: World, authorization_id: string): readonly number[] {
  return linesOf(world).flatMap((line, index) => (line.includes(authorization_id) ? [index] : []));
}

/** One word changed: ALLOW becomes DENY, so that it looks as if it had been stopped. Gives the line, from 1. */
export function editLine(world: World, authorization_id: string): number {
  const lines = [...linesOf(world)];
  const [at = 0] = traitorous(world, authorization_id);
  lines[at] = (lines[at] ?? "").replace('"decision":"ALLOW"', '"decision":"DENY"');
  writeFileSync(world.log, `${lines.join("\n")}\n`);
  forget(world);
  return at + 1;
}

/** Everything from the exfiltration on removed. Gives how many lines are left. */
export function cutEnd(world: World, authorization_id: string): number {
  const lines = linesOf(world);
  const [at = 0] = traitorous(world, authorization_id);
  writeFileSync(world.log, `${lines.slice(0, at).join("\n")}\n`);
  forget(world);
  cutSignatures(world, at);
  return at;
}

// Signed batches beyond the end would show it; those before it stand as they were signed.
function cutSignatures({ log }: World, entries: number): void {
  const path = join(`${log}.d`, "proofs.jsonl");
  const kept = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => {
      const { first, size }: Members = line === "" ? {} : JSON.parse(line);
      return Number(first) + Number(size) - 1 <= entries;
    });
  writeFileSync(path, kept.map((line) => `${line}\n`).join(""));
}

/** The log written anew, the exfiltration made a file that was read: chained without a gap, signed by the stolen key. */
export function rewriteAll(world: World, authorization_id: string): number {
  const gone = new Set(traitorous(world, authorization_id));
  const renamed = new Map<string, string>();
  const hashes: string[] = [];
  const lines: string[] = [];
  linesOf(world).forEach((line, index) => {
    const entry: Members = JSON.parse(renamedIds(gone.has(index) ? madeHarmless(line) : line, renamed));
    const old = String(entry["entry_hash"]);
    delete entry["entry_hash"];
    const prev = hashes.at(-1) ?? GENESIS;
    const body = canonical({ ...entry, prev_hash: prev, seq: lines.length + 1 });
    const hash = createHash("sha256")
      .update(prev + body)
      .digest("hex");
    renamed.set(old, hash);
    hashes.push(hash);
    lines.push(`${body.slice(0, -1)},"entry_hash":"${hash}"}`);
  });
  writeFileSync(world.log, `${lines.join("\n")}\n`);
  forget(world);
  writeFileSync(join(`${world.log}.d`, "proofs.jsonl"), `${signedBatch(world, hashes)}\n`);
  return lines.length;
}

function madeHarmless(line: string): string {
  return line
    .replace('"action_type":"call_external_api"', '"action_type":"read_file"')
    .replace('["net.connect"]', '["fs.read"]');
}

// Whatever names an entry has to name the one that stands for it now.
function renamedIds(line: string, renamed: ReadonlyMap<string, string>): string {
  const own = line.lastIndexOf('"entry_hash"');
  const before = line.slice(0, own).replaceAll(/[0-9a-f]{64}/gu, (id) => renamed.get(id) ?? id);
  return before + line.slice(own);
}

// What the host remembers of its log is the intruder's to remove: heads, checkpoints, tree.
function forget({ home, log }: World): void {
  for (const path of [join(home, "heads"), join(home, "checkpoints"), join(`${log}.d`, "tlog")]) {
    rmSync(path, { recursive: true, force: true });
  }
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(",")}}`;
}

// One batch over the whole log, as docs/ledger-format.md describes it.
function signedBatch({ log, home }: World, hashes: readonly string[]): string {
  const first: Members = JSON.parse(readFileSync(log, "utf8").split("\n", 1)[0] ?? "{}");
  const root = merkleRoot(hashes.map((hash) => sha256(Buffer.from([0]), Buffer.from(hash, "hex"))));
  const message = Buffer.concat([Buffer.from(`canopy-batch-v1\0${String(first["log_id"])}\0`), root]);
  const key = createPrivateKey(readFileSync(join(home, "keys", "signing.key")));
  const signature = sign(null, message, key).toString("base64url");
  const key_id = first["key_id"];
  return JSON.stringify({ first: 1, size: hashes.length, root: root.toString("hex"), signature, key_id });
}

function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha256(Buffer.from([1]), merkleRoot(leaves.slice(0, half)), merkleRoot(leaves.slice(half)));
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}
