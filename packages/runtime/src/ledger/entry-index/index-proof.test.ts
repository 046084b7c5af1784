import assert from "node:assert/strict";
import { generateKeyPairSync, hash, sign, type KeyObject } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { PublicKey } from "../../identity/public-key.ts";
import { verifySignature } from "../../runtime/crypto.ts";
import { inclusionPath, leafHash, merkleTree, type MerkleTree } from "../merkle.ts";
import { formatCheckpoint } from "../tlog/checkpoint.ts";
import { cosignedMessage, formatCosignature } from "../tlog/cosignature.ts";
import { lineLeaf } from "../tlog/entry-data.ts";
import { formatNote, type NoteSignature } from "../tlog/note.ts";
import type { NodeReader } from "../tlog/tree.ts";
import { parseTrustPolicy, trustKeys, type TrustPolicy } from "../tlog/trust-policy.ts";
import { formatVerifierKey, verifierKey, type NoteAlgorithm, type VerifierKey } from "../tlog/verifier-key.ts";
import { claimText, limitsOf } from "./describe-proof.ts";
import { formatEntryTime } from "./entry-time.ts";
import { compareKeys } from "./index-key.ts";
import { formatIndexProof, parseIndexProof, statementJson } from "./index-proof.ts";
import { mergeRows, rememberedKeys, rowHash, RunBuilder, type BuiltRun, type RunRow } from "./index-run.ts";
import { readIndexedLine } from "./indexed-line.ts";
import type { RunContent } from "./key-evidence.ts";
import { proveStatement, TooManyEntries, type ProofSource } from "./prove-statement.ts";
import { resourceCommitment, resourceKeyOf } from "./resource-key.ts";
import { childrenOf, runsListedWith, type RunPlace } from "./run-plan.ts";
import { formatRunRecord, type RunRecord } from "./run-record.ts";
import { WHERE_MEMBERS, type Statement } from "./statement.ts";
import { joinStretches } from "./stretch.ts";
import { verifyIndexProof, type IndexProofResult } from "./verify-index-proof.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => Buffer.from(hash("sha256", bytes, "hex"), "hex");
const keyOf = rememberedKeys(sha256);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const START = 1_790_000_000;
const RESOURCE_KEY = new Uint8Array(32).fill(7);

interface Signer {
  readonly key: VerifierKey;
  readonly secret: KeyObject;
}

function signer(name: string, algorithm: NoteAlgorithm): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  return { key: verifierKey(name, algorithm, raw, sha256), secret: privateKey };
}

function signature({ key, secret }: Signer, text: string): NoteSignature {
  const { name, key_id } = key;
  if (key.algorithm === "ed25519") return { name, key_id, bytes: sign(null, Buffer.from(text), secret) };
  const time = 1_800_000_000;
  return formatCosignature({ name, key_id, time, signature: sign(null, cosignedMessage(text, time), secret) });
}

const log = signer("canopy/test", "ed25519");
const otherLog = signer("canopy/other", "ed25519");
const auditor = signer("example.org/auditor", "cosignature-v1");
const witness = signer("example.org/witness", "cosignature-v1");
const trust = trustKeys([log.key]);

// The same few notes are verified again and again.
const verified = new Map<string, boolean>();
const tools = {
  sha256,
  verifySignature: (key: PublicKey, bytes: Uint8Array, signed: Uint8Array): boolean => {
    const name = [key.bytes, bytes, signed].map((each) => Buffer.from(each).toString("base64")).join(" ");
    let good = verified.get(name);
    if (good === undefined) {
      good = verifySignature(key, bytes, signed);
      if (verified.size > 10_000) verified.clear();
      verified.set(name, good);
    }
    return good;
  },
};

/** A run in memory. */
class MemoryRun implements RunContent {
  readonly rows: readonly RunRow[];
  readonly tree: MerkleTree;

  constructor(rows: readonly RunRow[]) {
    this.rows = rows;
    this.tree = merkleTree(
      rows.map((row) => rowHash(row, sha256)),
      sha256,
    );
  }
  get size(): number {
    return this.rows.length;
  }
  search(key: Uint8Array): number {
    const at = this.rows.findIndex((row) => compareKeys(row.key, key) >= 0);
    return at < 0 ? this.rows.length : at;
  }
  row(index: number): RunRow {
    const row = this.rows[index];
    assert.ok(row);
    return row;
  }
  readonly node: NodeReader = (level, index) => nodeOf(this.tree, level, index);
}

function nodeOf(tree: MerkleTree, level: number, index: number): Uint8Array {
  const node = tree.levels[level]?.[index];
  assert.ok(node);
  return node;
}

interface WorldOptions {
  readonly windows: readonly (readonly JsonObject[])[];
  readonly signers?: readonly Signer[];
  /** What the log really says may be changed here before it is committed to: a lying operator. */
  readonly lie?: (place: RunPlace, run: { record: RunRecord; rows: readonly RunRow[] }) => void;
  readonly meta?: JsonObject;
  readonly tail?: number;
}

/** A log in memory with its index and a checkpoint: all that a proof is made from. */
class World implements ProofSource {
  readonly lines: readonly string[];
  readonly covered: number;
  readonly runs = new Map<string, MemoryRun>();
  readonly records: RunRecord[] = [];
  readonly checkpoint: string;
  readonly meta: { readonly index: number; readonly runs: number };
  readonly tree: MerkleTree;
  readonly list: MerkleTree;

  constructor({ windows, signers = [log], lie, meta = {}, tail = 1 }: WorldOptions) {
    const lines = windows.flat().map((entry) => JSON.stringify(entry));
    this.covered = lines.length;
    this.#index(windows, lie);
    this.list = merkleTree(
      this.records.map((record) => leafHash(bytesOf(formatRunRecord(record)), sha256)),
      sha256,
    );
    lines.push(
      JSON.stringify({
        event: "checkpoint_meta",
        action_type: "ledger",
        decision: "RECORD",
        timestamp: formatEntryTime(START + 9000),
        covered_entries: this.covered,
        index: { runs: this.records.length, root: Buffer.from(this.list.root).toString("hex") },
        resource_key_commitment: resourceCommitment(RESOURCE_KEY, sha256),
        ...meta,
      }),
    );
    this.meta = { index: lines.length - 1, runs: this.records.length };
    for (let at = 0; at < tail; at += 1) lines.push(JSON.stringify({ event: "later", at }));
    this.lines = lines;
    this.tree = merkleTree(
      lines.map((line) => lineLeaf(bytesOf(line), sha256)),
      sha256,
    );
    const body = formatCheckpoint({ origin: log.key.name, size: lines.length, root: this.tree.root });
    this.checkpoint = formatNote(
      body,
      signers.map((each) => signature(each, body)),
    );
  }

  line(index: number): { readonly index: number; readonly line: string; readonly path: readonly Uint8Array[] } {
    return { index, line: this.lines[index] ?? "", path: inclusionPath(this.tree, index) };
  }
  record(position: number): { readonly record: RunRecord; readonly path: readonly Uint8Array[] } {
    const record = this.records[position];
    assert.ok(record);
    return { record, path: inclusionPath(this.list, position) };
  }
  run({ level, number }: RunPlace): RunContent {
    const run = this.runs.get(`${level}/${number}`);
    assert.ok(run);
    return run;
  }
  /** The entries covered that match a statement, and those that may, found by looking at each. */
  truth(statement: Statement): Truth {
    const read = this.lines.slice(0, this.covered).map((line) => readIndexedLine(bytesOf(line)));
    const those = (odd: boolean): readonly number[] =>
      read.flatMap((line, index) => (line.odd === odd && isMeant(line, statement) ? [index] : []));
    return { matching: those(false), uncertain: those(true) };
  }

  #index(windows: WorldOptions["windows"], lie: WorldOptions["lie"]): void {
    const built = new Map<string, BuiltRun>();
    let first = 0;
    let last: number | null = null;
    for (const [at, window] of windows.entries()) {
      const builder = new RunBuilder(first, last, keyOf);
      for (const entry of window) builder.add(bytesOf(JSON.stringify(entry)));
      const run = builder.finish();
      first = run.stretch.end;
      last = run.stretch.last;
      built.set(`0/${at}`, run);
      for (const place of runsListedWith(at + 1)) this.#list(place, built, lie);
    }
  }

  #list(place: RunPlace, built: Map<string, BuiltRun>, lie: WorldOptions["lie"]): void {
    const name = `${place.level}/${place.number}`;
    const parts = childrenOf(place).map(({ level, number }) => {
      const part = built.get(`${level}/${number}`);
      assert.ok(part);
      return part;
    });
    const run: BuiltRun =
      built.get(name) ??
      ({
        stretch: parts.map(({ stretch }) => stretch).reduce((a, b) => joinStretches(a, b)),
        rows: [...mergeRows(parts.map(({ rows }) => rows))],
      } satisfies BuiltRun);
    built.set(name, run);
    const { last: _, ...stretch } = run.stretch;
    const told = { record: { ...stretch, level: place.level, keys: 0, root: "" }, rows: run.rows };
    lie?.(place, told);
    const memory = new MemoryRun(told.rows);
    this.runs.set(name, memory);
    const root = Buffer.from(memory.tree.root).toString("hex");
    this.records.push({ ...told.record, keys: told.record.keys || memory.size, root });
  }
}

interface Truth {
  readonly matching: readonly number[];
  /** Odd lines that have all that can be read of what is named. */
  readonly uncertain: readonly number[];
}

/** What a statement is about, written independently of the code under test. */
function isMeant(line: ReturnType<typeof readIndexedLine>, statement: Statement): boolean {
  const { where, tenant, from, to, except_agent } = statement;
  const named = WHERE_MEMBERS.every((member) => {
    const value = where[member];
    return value === undefined || (member === "resource" ? line.resources.includes(value) : line[member] === value);
  });
  const excepted = !line.odd && except_agent !== null && line.avid === except_agent;
  const early = from !== null && line.time !== null && line.time < from;
  const late = to !== null && line.time !== null && line.time > to;
  return named && (tenant === null || line.tenant === tenant) && !excepted && !early && !late;
}

function prove(world: ProofSource, statement: Statement, most = 1000): Uint8Array {
  const name = statement.where.resource;
  const resource = name === undefined || name === "unresolved" ? null : { name: nameOf(name), key: RESOURCE_KEY };
  return bytesOf(formatIndexProof(proveStatement(world, statement, { resource, most }, sha256).proof));
}

function verify(bytes: Uint8Array, policy: TrustPolicy | null = trust): IndexProofResult {
  return verifyIndexProof(bytes, policy, tools);
}

const NAMES = ["net.connect:evil.example.com", "fs.delete:/srv/a", "tool:deploy"];
const RESOURCES = NAMES.map((name) => resourceKeyOf(name, RESOURCE_KEY, sha256));
const nameOf = (key: string): string => NAMES[RESOURCES.indexOf(key)] ?? "net.connect:nowhere";

const all: Statement = { claim: "absent", where: {}, except_agent: null, tenant: null, from: null, to: null };

const entries = fc
  .record(
    {
      event: fc.constantFrom("authorize_action", "tool_result"),
      avid: fc.constantFrom("A", "B", "C"),
      action_type: fc.constantFrom("read", "delete"),
      decision: fc.constantFrom("ALLOW", "DENY"),
      trace_id: fc.constantFrom("t1", "t2", "t3", "t4"),
      tenant_id: fc.constantFrom("acme", "umbra"),
      resource_keys: fc.uniqueArray(fc.constantFrom(...RESOURCES, "unresolved"), { maxLength: 2 }),
    },
    { requiredKeys: ["event", "avid"] },
  )
  .chain((entry) =>
    fc.oneof({ weight: 30, arbitrary: fc.constant(entry) }, fc.constant({ ...entry, decision: 5 }), fc.constant({})),
  );

const logs: fc.Arbitrary<readonly (readonly JsonObject[])[]> = fc
  .array(fc.array(fc.tuple(entries, fc.integer({ min: -3, max: 20 })), { minLength: 1, maxLength: 5 }), {
    minLength: 1,
    maxLength: 22,
  })
  .map((windows) => {
    let time = START;
    return windows.map((window) =>
      window.map(([entry, step]) => {
        time += step;
        return { ...entry, timestamp: formatEntryTime(time) };
      }),
    );
  });

const times = fc.option(
  fc.integer({ min: -10, max: 300 }).map((seconds) => START + seconds),
  { freq: 2 },
);
const statements: fc.Arbitrary<Statement> = fc
  .record({
    claim: fc.constantFrom("absent" as const, "present" as const),
    where: fc
      .record(
        {
          trace_id: fc.constantFrom("t1", "t4", "t9"),
          avid: fc.constantFrom("A", "B", "Z"),
          action_type: fc.constantFrom("read", "delete", "write"),
          decision: fc.constantFrom("ALLOW", "DENY", "REQUIRE_APPROVAL"),
          resource: fc.constantFrom(...RESOURCES, "unresolved"),
          event: fc.constantFrom("authorize_action", "begin"),
        },
        { requiredKeys: [] },
      )
      .filter((where) => Object.keys(where).length > 0),
    except_agent: fc.option(fc.constantFrom("A", "B"), { freq: 2 }),
    tenant: fc.option(fc.constantFrom("acme", "none"), { freq: 2 }),
    from: times,
    to: times,
  })
  .map((statement) => {
    const { from, to } = statement;
    return from !== null && to !== null && from > to ? { ...statement, from: to, to: from } : statement;
  });

function holds({ claim }: Statement, { matching, uncertain }: Truth): boolean {
  return claim === "absent" ? matching.length + uncertain.length === 0 : matching.length > 0;
}

test("every true statement proves, and no false one does", () => {
  let [proven, refused] = [0, 0];
  fc.assert(
    fc.property(logs, fc.array(statements, { minLength: 1, maxLength: 4 }), (windows, asked) => {
      const world = new World({ windows });
      const newest = Math.max(...world.records.map((record) => record.newest ?? 0));
      for (const statement of asked) {
        const truth = world.truth(statement);
        const bytes = prove(world, statement);
        const { verdict, reason, found } = verify(bytes);
        if (statement.from !== null && statement.from > newest) {
          assert.equal(verdict, "invalid");
          continue;
        }
        const untold = statement.claim === "absent" && (found?.uncertain.length ?? 0) > 0;
        assert.equal(verdict, holds(statement, truth) && !untold ? "valid" : "false", `${reason}`);
        assert.deepEqual(
          found?.matching.map(({ index }) => index),
          truth.matching,
        );
        const unsure = new Set(found?.uncertain.map(({ index }) => index));
        assert.ok(truth.uncertain.every((index) => unsure.has(index)));
        assert.deepEqual(statementJson(parseIndexProof(bytes).statement), statementJson(statement));
        if (verdict === "valid") proven += 1;
        else refused += 1;
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(proven > 50 && refused > 50, `${proven} proven, ${refused} refused`);
});

// --- mutations

/** Numbers from 0 to before `below`, the same for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Members = Record<string, JsonValue>;

function isMembers(value: JsonValue | undefined): value is Members {
  return isJsonObject(value);
}

/** The object at a path of a parsed proof. */
function objectAt(value: JsonValue, ...path: readonly (string | number)[]): Members {
  const found = path.reduce<JsonValue | undefined>((at, name) => memberOf(at, String(name)), value);
  assert.ok(isMembers(found), path.join("."));
  return found;
}

/** The list at a path of a parsed proof. */
function listAt(value: JsonValue, ...path: readonly (string | number)[]): JsonValue[] {
  const found = path.reduce<JsonValue | undefined>((at, name) => memberOf(at, String(name)), value);
  assert.ok(Array.isArray(found), path.join("."));
  return found;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (Array.isArray(value)) {
    const list: readonly JsonValue[] = value;
    return list[Number(name)];
  }
  return isJsonObject(value) ? value[name] : undefined;
}

function parsed(bytes: Uint8Array | string): Members {
  const value: JsonValue = JSON.parse(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString());
  return objectAt(value);
}

function pickFrom<Item>(items: readonly Item[], random: (below: number) => number): Item {
  const item = items[random(items.length)];
  assert.ok(item !== undefined);
  return item;
}

type Place = { readonly holder: Members | JsonValue[]; readonly name: string };

function placesOf(value: JsonValue, into: Place[] = []): Place[] {
  if (typeof value !== "object" || value === null) return into;
  const members: readonly (readonly [string, JsonValue])[] = Object.entries(value);
  for (const [name, inner] of members) {
    if (Array.isArray(value) || isMembers(value)) into.push({ holder: value, name });
    placesOf(inner, into);
  }
  return into;
}

const cachedPlaces = new WeakMap<Members, readonly Place[]>();

function placesCached(proof: Members): readonly Place[] {
  const places = cachedPlaces.get(proof) ?? placesOf(proof);
  cachedPlaces.set(proof, places);
  return places;
}

/** Some place of a document, the near ones as likely as the far. */
function somePlace(value: Members, random: (below: number) => number): Place {
  for (let holder: Members | JsonValue[] = value; ;) {
    const names = Object.keys(holder);
    const name = names[random(names.length)] ?? "";
    const inner: JsonValue | undefined = memberOf(holder, name);
    const empty = typeof inner !== "object" || inner === null || Object.keys(inner).length === 0;
    if (empty || random(4) === 0 || !(Array.isArray(inner) || isMembers(inner))) return { holder, name };
    holder = inner;
  }
}

function set({ holder, name }: Place, value: JsonValue): void {
  Reflect.set(holder, name, value);
}

/** Changes a parsed proof in one of the ways that a forger would try; `others` are proofs of other statements and logs. */
function mutate(proof: Members, others: readonly Members[], random: (below: number) => number): void {
  const place = somePlace(proof, random);
  const value: JsonValue = memberOf(place.holder, place.name) ?? null;
  const pick = <Item>(items: readonly Item[]): Item => pickFrom(items, random);
  switch (random(9)) {
    case 0:
      if (Array.isArray(place.holder)) place.holder.splice(Number(place.name), 1);
      else Reflect.deleteProperty(place.holder, place.name);
      return;
    case 1:
      return set(place, changed(value, random));
    case 2: {
      const other = somePlace(proof, random);
      return set(place, structuredClone(memberOf(other.holder, other.name) ?? null));
    }
    case 3: {
      // The same member of another proof.
      const found = placesCached(pick(others)).filter(({ name }) => name === place.name);
      const other = found.length === 0 ? undefined : pick(found);
      return other === undefined ? undefined : set(place, structuredClone(memberOf(other.holder, other.name) ?? null));
    }
    case 4: {
      // A whole part of another proof.
      const name = pick(["statement", "by", "checkpoint", "meta", "runs", "entries", "resource"]);
      return void Reflect.set(proof, name, structuredClone(pick(others)[name] ?? null));
    }
    case 5: {
      const runs = listIn(proof, "runs");
      const run = runs[random(runs.length)];
      if (!isJsonObject(run)) return;
      return void Reflect.set(run, "shown", pick([null, "skipped", { absent: { left: null, right: null } }]));
    }
    case 6: {
      const list = listIn(proof, pick(["runs", "entries"]));
      if (list.length === 0) return;
      if (random(2) === 0) list.splice(random(list.length), 1);
      else list.splice(random(list.length), 0, structuredClone(pick(list)));
      return;
    }
    case 7: {
      const statement = proof["statement"];
      if (!isJsonObject(statement)) return;
      return void Reflect.set(
        statement,
        pick(["claim", "where", "except_agent", "tenant", "from", "to"]),
        pick([
          "absent",
          "present",
          { avid: "B" },
          { action_type: "delete" },
          "A",
          "acme",
          null,
          formatEntryTime(START + random(200)),
        ]),
      );
    }
    default: {
      const runs = listIn(proof, "runs");
      const run = runs[random(runs.length)];
      const record = isJsonObject(run) ? run["record"] : null;
      if (!isJsonObject(record)) return;
      const member = pick(Object.keys(record));
      return void Reflect.set(record, member, changed(record[member] ?? null, random));
    }
  }
}

function listIn(proof: JsonObject, name: string): JsonValue[] {
  const list = proof[name];
  return Array.isArray(list) ? list : [];
}

function changed(value: JsonValue, random: (below: number) => number): JsonValue {
  if (typeof value === "number") return [value + 1, value - 1, 0, random(1000)][random(4)] ?? 0;
  if (typeof value === "string" && value.length > 0) {
    const at = random(value.length);
    const digit = "0123456789abcdef"[random(16)] ?? "0";
    return (
      [value.slice(0, at) + digit + value.slice(at + 1), value.slice(0, at) + value.slice(at + 1), ""][random(3)] ?? ""
    );
  }
  if (Array.isArray(value)) return value.toReversed();
  return value === null ? 0 : null;
}

const MUTATIONS = Number(process.env["CANOPY_PROOF_MUTATIONS"] ?? 20_000);

test("no mutation of a proof makes a false statement valid", () => {
  const seed = Number(process.env["CANOPY_TEST_SEED"] ?? 20_261_122);
  const random = randomFrom(seed);
  const perLog = 1000;
  const verdicts: Record<string, number> = {};
  for (let done = 0, round = 0; done < MUTATIONS; round += 1) {
    const [sampled = []] = fc.sample(logs, { numRuns: 1, seed: seed + round });
    // Logs with a merged run are larger, and take longer.
    const windows = round % 8 === 0 ? sampled : sampled.slice(0, 3).map((window) => window.slice(0, 3));
    const asked = fc.sample(statements, { numRuns: 6, seed: seed + round });
    const worlds = [
      new World({ windows }),
      new World({ windows: windows.slice(0, -1) }),
      new World({ windows: windows.toReversed(), signers: [otherLog] }),
    ];
    const texts = worlds
      .filter(({ covered }) => covered > 0)
      .flatMap((world) => asked.map((statement) => Buffer.from(prove(world, statement)).toString()));
    const proofs = texts.map((text) => parsed(text));
    // Two checkpoints are genuine; what either covers is the truth to judge by.
    const genuine = new Map(worlds.slice(0, 2).map((world) => [world.checkpoint, world]));
    for (let at = 0; at < perLog && done < MUTATIONS; at += 1, done += 1) {
      const proof = parsed(texts[random(asked.length)] ?? "{}");
      for (let times = 1 + random(3); times > 0; times -= 1) mutate(proof, proofs, random);
      const bytes = bytesOf(JSON.stringify(proof));
      if (random(8) === 0) {
        const position = random(bytes.length);
        bytes[position] = (bytes[position] ?? 0) ^ (1 << random(8));
      }
      const { verdict, found, reason } = verify(bytes);
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      assert.equal(verdict === "valid", reason === null);
      if (verdict !== "valid") continue;
      assert.ok(found !== null && found.trusted !== null);
      const world = genuine.get(parseIndexProof(bytes).checkpoint);
      assert.ok(world !== undefined, "a checkpoint that was never signed");
      const truth = world.truth(found.statement);
      const message = `round ${round}: ${JSON.stringify(statementJson(found.statement))}`;
      assert.ok(holds(found.statement, truth), message);
      assert.deepEqual(
        found.matching.map(({ index }) => index),
        truth.matching,
        message,
      );
    }
  }
  assert.ok((verdicts["invalid"] ?? 0) > MUTATIONS / 4, JSON.stringify(verdicts));
});

test("verification is total on bytes of any kind", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytesOf)), (bytes) => {
      const { verdict, reason } = verify(bytes);
      assert.equal(verdict, "unusable");
      assert.ok(reason !== null && !reason.includes("\n"));
    }),
  );
});

// --- adversarial provers, by hand

const entry = (avid: string, action_type: string, more: JsonObject = {}): JsonObject => ({
  event: "authorize_action",
  avid,
  action_type,
  decision: "ALLOW",
  trace_id: `t-${avid}`,
  ...more,
});

/** 20 windows of two entries, ten seconds apart; agent A deletes once, in window 7. */
function plainWindows(change: (index: number) => JsonObject = () => ({})): readonly (readonly JsonObject[])[] {
  return Array.from({ length: 20 }, (_, window) =>
    [0, 1].map((at) => {
      const index = 2 * window + at;
      const base = entry(at === 0 ? "A" : "B", index === 14 ? "delete" : "read");
      return { ...base, timestamp: formatEntryTime(START + 10 * index), ...change(index) };
    }),
  );
}

const world = new World({ windows: plainWindows() });
const deletes: Statement = { ...all, where: { avid: "A", action_type: "delete" } };
const neverDeletes: Statement = { ...all, where: { avid: "B", action_type: "delete" } };

function forged(statement: Statement, change: (proof: Members) => void, of: ProofSource = world): IndexProofResult {
  const proof = parsed(prove(of, statement));
  change(proof);
  return verify(bytesOf(JSON.stringify(proof)));
}

function runsOf(proof: Members): Members[] {
  return listAt(proof, "runs").map((run) => objectAt(run));
}

test("a proof that an agent never did something holds, and says what it doesn't claim", () => {
  const { verdict, found } = verify(prove(world, neverDeletes));
  assert.equal(verdict, "valid");
  assert.ok(found);
  assert.deepEqual(found.runs, { skipped: 0, absent: 5, present: 0 });
  assert.equal(claimText(found.statement, null), "no entry has agent B and action delete");
  assert.deepEqual(
    limitsOf(found).map(({ limit }) => limit),
    ["index unaudited", "unanchored", "cannot see ungoverned calls", "newer entries", "silence"],
  );
  assert.match(limitsOf(found)[3]?.text ?? "", /covers entries 1 to 40 of 42, up to 2026-/u);
});

test("a key that is present is never shown absent", () => {
  const made = forged(deletes, () => undefined);
  assert.equal(made.verdict, "false");
  assert.match(made.reason ?? "", /1 entry matches/u);
  // Everything that can be said of a run of another key, or of another run, said of this one.
  const foreign = parsed(prove(world, neverDeletes));
  for (const run of runsOf(foreign)) {
    for (const at of [0, 1, 2, 3, 4]) {
      const { verdict } = forged(deletes, (proof) => {
        const target = runsOf(proof)[at];
        if (target !== undefined) Reflect.set(target, "shown", run["shown"]);
        Reflect.set(proof, "entries", []);
      });
      assert.notEqual(verdict, "valid");
    }
  }
});

test("a run left out, put twice or put in another place is missed", () => {
  const cases: readonly ((runs: JsonValue[]) => void)[] = [
    (runs) => runs.shift(),
    (runs) => runs.pop(),
    (runs) => runs.splice(2, 1),
    (runs) => runs.splice(1, 0, runs[1] ?? {}),
    (runs) => runs.reverse(),
    (runs) => runs.splice(0),
  ];
  for (const change of cases) {
    const { verdict, reason } = forged(neverDeletes, (proof) => change(listAt(proof, "runs")));
    assert.equal(verdict, "invalid");
    assert.match(reason ?? "", /the runs must/u);
  }
});

test("only a run whose record lies outside the times can be skipped", () => {
  const bounded = { ...deletes, from: START + 320, to: START + 400 };
  const made = verify(prove(world, bounded));
  assert.equal(made.verdict, "valid");
  assert.deepEqual(made.found?.runs, { skipped: 1, absent: 4, present: 0 });
  const { verdict, reason, at } = forged({ ...deletes, from: START + 140, to: START + 400 }, (proof) => {
    for (const run of runsOf(proof)) Reflect.set(run, "shown", "skipped");
    Reflect.set(proof, "entries", []);
  });
  assert.equal(verdict, "invalid");
  assert.match(reason ?? "", /was skipped/u);
  assert.match(at, /^runs\[\d+\]$/u);
  // Without times nothing lies outside of them.
  const whole = forged(deletes, (proof) => {
    for (const run of runsOf(proof)) Reflect.set(run, "shown", "skipped");
    Reflect.set(proof, "entries", []);
  });
  assert.equal(whole.verdict, "invalid");
});

test("neighbours must be adjacent, on both sides of the key, and in the run", () => {
  // The delete of A made absent by the neighbours of its own leaf.
  const run = world.runs.get("1/0");
  assert.ok(run);
  const made = proveStatement(world, deletes, { resource: null, most: 10 }, sha256).proof;
  const shown = made.runs[0]?.shown;
  assert.ok(shown !== undefined && shown !== "skipped" && shown.kind === "present");
  const leafAt = (index: number): JsonObject => {
    const row = run.row(index);
    return {
      index,
      key: Buffer.from(row.key).toString("hex"),
      count: row.entries.length,
      list: Buffer.from(sha256(listBytes(row.entries))).toString("hex"),
      path: inclusionPath(run.tree, index).map((hash) => Buffer.from(hash).toString("hex")),
    };
  };
  const around = forged(deletes, (proof) => {
    Reflect.set(runsOf(proof)[0] ?? {}, "shown", {
      absent: { left: leafAt(shown.index - 1), right: leafAt(shown.index + 1) },
    });
    Reflect.set(proof, "entries", []);
  });
  assert.equal(around.reason, "the neighbours are not adjacent in the run");
  const renumbered = forged(deletes, (proof) => {
    const right = { ...leafAt(shown.index + 1), index: shown.index };
    Reflect.set(runsOf(proof)[0] ?? {}, "shown", { absent: { left: leafAt(shown.index - 1), right } });
    Reflect.set(proof, "entries", []);
  });
  assert.equal(renumbered.reason, "a neighbour is not in the run's tree");
  const elsewhere = forged(deletes, (proof) => {
    Reflect.set(runsOf(proof)[0] ?? {}, "shown", { absent: { left: leafAt(0), right: leafAt(1) } });
    Reflect.set(proof, "entries", []);
  });
  assert.match(elsewhere.reason ?? "", /neighbour is not (?:before|after) the key/u);
  for (const side of ["left", "right"] as const) {
    const oneSided = forged(neverDeletes, (proof) =>
      Reflect.set(objectAt(proof, "runs", 0, "shown", "absent"), side, null),
    );
    assert.equal(oneSided.verdict, "invalid");
  }
  const none = forged(neverDeletes, (proof) => {
    Reflect.set(objectAt(proof, "runs", 0, "shown", "absent"), "left", null);
    Reflect.set(objectAt(proof, "runs", 0, "shown", "absent"), "right", null);
  });
  assert.match(none.reason ?? "", /only a run without keys/u);
});

function listBytes(entries: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(8 * entries.length);
  for (const [at, entry] of entries.entries()) bytes.writeBigUInt64BE(BigInt(entry), 8 * at);
  return bytes;
}

test("a list is whole, ascending, and every entry of it is shown", () => {
  const reads: Statement = { ...all, claim: "present", where: { avid: "A" } };
  const truncated = forged(reads, (proof) => {
    listAt(proof, "runs", 0, "shown", "present", "entries").pop();
    listAt(proof, "entries").splice(15, 1);
  });
  assert.match(truncated.reason ?? "", /with this list is not in the run's tree/u);
  const hidden = forged(reads, (proof) => listAt(proof, "entries").splice(3, 1));
  assert.match(hidden.reason ?? "", /every entry that the runs list must be shown/u);
  const twice = forged(reads, (proof) => listAt(proof, "runs", 0, "shown", "present", "entries").splice(1, 0, 0));
  assert.match(twice.reason ?? "", /ascending/u);
  const empty = forged(reads, (proof) => listAt(proof, "runs", 0, "shown", "present", "entries").splice(0));
  assert.match(empty.reason ?? "", /has entries/u);
  const swapped = forged(reads, (proof) => listAt(proof, "entries").reverse());
  assert.match(swapped.reason ?? "", /order of the log/u);
  const foreign = forged(reads, (proof) => Reflect.set(objectAt(proof, "entries", 0), "line", world.lines[2]));
  assert.match(foreign.reason ?? "", /not in the log/u);
  const added = forged(reads, (proof) => listAt(proof, "entries").splice(1, 0, { ...world.line(1), path: [] }));
  assert.match(added.reason ?? "", /no run lists/u);
});

test("records and meta entries of another list, checkpoint or log are refused", () => {
  const shorter = new World({ windows: plainWindows().slice(0, 18) });
  const elsewhere = new World({ windows: plainWindows((index) => (index === 14 ? { action_type: "read" } : {})) });
  const honest = parsed(prove(elsewhere, deletes));
  assert.equal(verify(bytesOf(JSON.stringify(honest))).verdict, "valid");
  for (const parts of [
    ["runs", "entries"],
    ["meta", "runs", "entries"],
    ["checkpoint"],
    ["meta"],
    ["checkpoint", "meta"],
  ]) {
    const { verdict } = forged(deletes, (proof) => {
      for (const part of parts) Reflect.set(proof, part, honest[part]);
    });
    assert.equal(verdict, "invalid", parts.join(" "));
  }
  // An older meta entry may stand in a newer checkpoint, but then its own list counts.
  const old = parsed(prove(shorter, neverDeletes));
  const mixed = forged(neverDeletes, (proof) => Reflect.set(proof, "meta", old["meta"]));
  assert.equal(mixed.verdict, "invalid");
});

test("only a `checkpoint_meta` entry of the ledger, over entries before it, says how the index stands", () => {
  const metas: readonly JsonObject[] = [
    { event: "incident_event" },
    { action_type: "incident" },
    { covered_entries: 41 },
    { covered_entries: 39 },
    { covered_entries: "40" },
    { covered_entries: 0 },
    { index: null },
    { index: { runs: 20 } },
    { index: { runs: 21, root: "00".repeat(32) } },
  ];
  for (const meta of metas) {
    const lying = new World({ windows: plainWindows(), meta });
    assert.equal(verify(prove(lying, neverDeletes)).verdict, "invalid", JSON.stringify(meta));
  }
});

test("an index that lies is seen as far as it is shown: entries that lack the key, keys that stand twice", () => {
  const wrongEntry = new World({
    windows: plainWindows(),
    lie: (_, run) => {
      run.rows = run.rows.map((row) => ({ key: row.key, entries: [run.record.first] }));
    },
  });
  const found = verify(prove(wrongEntry, { ...all, claim: "present", where: { avid: "B" } }));
  assert.equal(found.reason, "the index lists an entry that doesn't have the key");
  // A key that stands twice with its lists split: one of them is not the whole list, which only an auditor can see. But both
  // can't be neighbours of an absent key.
  const twice = new World({
    windows: plainWindows(),
    lie: (_, run) => {
      run.rows = run.rows.flatMap((row) => [row, row]);
    },
  });
  const shown = verify(prove(twice, deletes));
  assert.notEqual(shown.verdict, "valid");
});

test("a statement about one tenant is not one about another, or about all", () => {
  const tenants = new World({ windows: plainWindows((index) => ({ tenant_id: index < 20 ? "acme" : "umbra" })) });
  const deletion: Statement = { ...all, where: { action_type: "delete" } };
  assert.equal(verify(prove(tenants, { ...deletion, tenant: "acme" })).verdict, "false");
  assert.equal(verify(prove(tenants, deletion)).verdict, "false");
  assert.equal(verify(prove(tenants, { ...deletion, tenant: "umbra" })).verdict, "valid");
  for (const tenant of ["acme", null]) {
    const { verdict } = forged(
      { ...deletion, tenant: "umbra" },
      (proof) => Reflect.set(objectAt(proof, "statement"), "tenant", tenant),
      tenants,
    );
    assert.equal(verdict, "invalid");
  }
});

function within(world: World, from: number | null, to: number | null): string {
  return verify(prove(world, { ...deletes, from, to })).verdict;
}

test("times are compared as instants, both ends count, and what has no time counts always", () => {
  const at = (timestamp: JsonValue): World =>
    new World({
      windows: [
        [
          { ...entry("A", "delete"), timestamp },
          { ...entry("B", "read"), timestamp: formatEntryTime(START) },
        ],
      ],
    });
  const plain = at(formatEntryTime(START));
  assert.equal(within(plain, START, START), "false");
  assert.equal(within(plain, null, START - 1), "valid");
  assert.equal(within(plain, START + 1, null), "invalid", "nothing is known of a time after the log");
  // 2026-09-21T… in a zone east of Greenwich is two hours earlier.
  const zoned = at(formatEntryTime(START + 7200).replace("Z", "+02:00"));
  assert.equal(within(zoned, START, START), "false");
  assert.equal(within(zoned, null, START - 1), "valid");
  for (const timestamp of ["yesterday", null, 5]) {
    assert.equal(within(at(timestamp), null, START - 1), "false", JSON.stringify(timestamp));
  }
});

test("an odd line that has the key can't be argued away", () => {
  const odd = new World({
    windows: [[{ ...entry("A", "delete"), tenant_id: 5, timestamp: formatEntryTime(START) }]],
  });
  assert.equal(verify(prove(odd, { ...deletes, except_agent: "A" })).verdict, "false");
  const { found, verdict } = verify(prove(odd, neverDeletes));
  assert.equal(verdict, "valid");
  assert.ok(found && limitsOf(found).some(({ limit }) => limit === "odd lines"));
  // Nor does it make a claim of presence true; beside one that does it is named.
  const shown: Statement = { ...deletes, claim: "present" };
  assert.equal(verify(prove(odd, shown)).verdict, "false");
  const both = new World({
    windows: [
      [{ ...entry("A", "delete"), tenant_id: 5, timestamp: formatEntryTime(START) }, ...(plainWindows()[7] ?? [])],
    ],
  });
  const beside = verify(prove(both, shown));
  assert.equal(beside.verdict, "valid");
  assert.deepEqual([beside.found?.matching.length, beside.found?.uncertain.length, beside.found?.excluded], [1, 1, 0]);
  assert.ok(beside.found && limitsOf(beside.found).some(({ limit }) => limit === "uncertain"));
});

test("all but one agent is shown by every entry of that agent", () => {
  const [host] = RESOURCES;
  const touched = new World({
    windows: plainWindows((index) => (index % 8 === 0 ? { resource_keys: [host ?? ""] } : {})),
  });
  const nobodyElse: Statement = { ...all, where: { resource: host ?? "" }, except_agent: "A" };
  const { verdict, found } = verify(prove(touched, nobodyElse));
  assert.equal(verdict, "valid");
  assert.equal(found?.excluded, 5);
  assert.deepEqual(found?.resource, { name: NAMES[0], mapping: "shown" });
  assert.equal(
    claimText(nobodyElse, NAMES[0] ?? ""),
    "no entry has resource net.connect:evil.example.com, but those of agent A",
  );
  assert.equal(verify(prove(touched, { ...nobodyElse, except_agent: "B" })).verdict, "false");
});

test("a resource's name is shown by the key that the log is committed to, or not shown", () => {
  const [host] = RESOURCES;
  const touches: Statement = { ...all, where: { resource: host ?? "" } };
  const without = forged(touches, (proof) => Reflect.set(objectAt(proof, "resource"), "key", null));
  assert.deepEqual([without.verdict, without.found?.resource?.mapping], ["valid", "unshown"]);
  const other = forged(touches, (proof) => Reflect.set(objectAt(proof, "resource"), "key", "08".repeat(32)));
  assert.match(other.reason ?? "", /another key/u);
  const renamed = forged(touches, (proof) =>
    Reflect.set(objectAt(proof, "resource"), "name", "net.connect:good.example.com"),
  );
  assert.match(renamed.reason ?? "", /another key/u);
  const unnamed = forged(touches, (proof) => Reflect.set(proof, "resource", null));
  assert.match(unnamed.reason ?? "", /must be named/u);
  const needless = forged(neverDeletes, (proof) => Reflect.set(proof, "resource", { name: NAMES[0], key: null }));
  assert.match(needless.reason ?? "", /names no resource/u);
  const uncommitted = new World({ windows: plainWindows(), meta: { resource_key_commitment: "00".repeat(32) } });
  assert.match(verify(prove(uncommitted, touches)).reason ?? "", /not the one that the log is committed to/u);
  const changing = new World({
    windows: plainWindows((index) =>
      index === 20 ? { event: "checkpoint_meta", resource_key_commitment: "00".repeat(32) } : {},
    ),
  });
  assert.equal(verify(prove(changing, touches)).found?.resource?.mapping, "mixed");
});

test("unresolved targets are counted where a resource is claimed", () => {
  const [host] = RESOURCES;
  const some = new World({ windows: plainWindows((index) => (index < 3 ? { resource_keys: ["unresolved"] } : {})) });
  const { found } = verify(prove(some, { ...all, where: { resource: host ?? "" } }));
  assert.ok(found);
  const limit = limitsOf(found).find((each) => each.limit === "unresolved");
  assert.match(limit?.text ?? "", /^3 decisions/u);
  assert.equal(verify(prove(some, { ...all, where: { resource: "unresolved" } })).verdict, "false");
});

test("trust comes from the verifier's own policy, and is never assumed", () => {
  const bytes = prove(world, neverDeletes);
  const { verdict, reason, found } = verify(bytes, null);
  assert.equal(verdict, "untrusted");
  assert.match(reason ?? "", /anyone can have made it/u);
  assert.equal(found && limitsOf(found)[0]?.limit, "untrusted");
  assert.equal(verify(bytes, trustKeys([])).verdict, "untrusted");
  assert.equal(verify(bytes, trustKeys([otherLog.key])).verdict, "untrusted");
  const text = [
    `log ${formatVerifierKey(log.key)}`,
    `witness W ${formatVerifierKey(witness.key)}`,
    `quorum W`,
    `index-auditor ${formatVerifierKey(auditor.key)}`,
  ].join("\n");
  const policy = parseTrustPolicy(text, sha256);
  assert.equal(verify(bytes, policy).verdict, "untrusted");
  const audited = new World({ windows: plainWindows(), signers: [log, witness, auditor] });
  const full = verify(prove(audited, neverDeletes), policy);
  assert.equal(full.verdict, "valid");
  assert.deepEqual(full.found && limitsOf(full.found).map(({ limit }) => limit), [
    "cannot see ungoverned calls",
    "newer entries",
    "silence",
  ]);
  const dated = verify(prove(audited, { ...neverDeletes, to: START + 30 }), policy);
  assert.ok(dated.found && limitsOf(dated.found).some(({ limit }) => limit === "clock"));
});

test("larger runs give way only where they must, and too many entries are refused", () => {
  const { proof } = proveStatement(world, deletes, { resource: null, most: 10 }, sha256);
  assert.deepEqual(
    proof.runs.map(({ record }) => record.level),
    [1, 0, 0, 0, 0],
  );
  const early = proveStatement(world, { ...deletes, to: START + 30 }, { resource: null, most: 10 }, sha256).proof;
  assert.equal(early.runs.length, 20);
  assert.equal(early.entries.length, 0);
  assert.throws(() => prove(world, { ...all, where: { avid: "A" } }, 5), TooManyEntries);
});

test("a proof's text reads back as it was", () => {
  const bytes = prove(world, deletes);
  assert.deepEqual(bytesOf(formatIndexProof(parseIndexProof(bytes))), bytes);
  const text = Buffer.from(bytes).toString();
  const broken: readonly string[] = [
    text.replace(`"canopy_proof":1`, `"canopy_proof":2`),
    text.replace(`"canopy_proof":1`, `"canopy_proof":1,"canopy_proof":1`),
    text.replace(`"by":`, `"valid":true,"by":`),
    text.replace(`"tenant":null`, `"tenant":""`),
    text.replace(`"from":null`, `"from":"2026-11-23T08:35:45+00:00"`),
    text.replace(`"where":{`, `"where":{"host":"x",`),
    text.replace(/"where":\{[^}]*\}/u, `"where":{}`),
    text.replace(`"claim":"absent"`, `"claim":"maybe"`),
    text.replace(`"shown":`, `"shown":"skip","was":`),
    `\ufeff${text}`,
    text.slice(0, -3),
  ];
  for (const each of broken) assert.equal(verify(bytesOf(each)).verdict, "unusable", each.slice(0, 200));
});
