import assert from "node:assert/strict";
import { generateKeyPairSync, hash, sign, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../core/json.ts";
import { trustFrom } from "../../runtime/check-included.ts";
import { sha256, startSha256, verifySignature } from "../../runtime/crypto.ts";
import { entryHash, GENESIS } from "../chain.ts";
import { readCheckpoint, formatCheckpoint } from "../tlog/checkpoint.ts";
import { lineLeaf } from "../tlog/entry-data.ts";
import { formatNote } from "../tlog/note.ts";
import { TreeFrontier } from "../tlog/tree.ts";
import { parseTrustPolicy, trustKeys } from "../tlog/trust-policy.ts";
import { formatVerifierKey, verifierKey, type VerifierKey } from "../tlog/verifier-key.ts";
import { bundleLines, layOut, type BundleContent } from "./bundle-lines.ts";
import type { BundleOptions, BundleVerdict, CheckProof } from "./bundle-verdict.ts";
import { BundleVerifier, verifyBundle } from "./verify-bundle.ts";

const tools = { sha256, verifySignature, startSha256 };
const LOG_ID = "0123456789abcdef0123456789abcdef";
const ORIGIN = `canopy/${LOG_ID}`;

interface Signer {
  readonly key: VerifierKey;
  readonly secret: KeyObject;
}

function signer(name: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url"));
  return { key: verifierKey(name, "ed25519", raw, sha256), secret: privateKey };
}

const owner = signer(ORIGIN);
const POLICY = "rules: []\n";
const POLICY_HASH = hash("sha256", POLICY);

function seal(members: JsonObject, prev: string): { readonly line: string; readonly hash: string } {
  const sorted = Object.fromEntries(
    Object.entries({ ...members, prev_hash: prev }).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const canonical = JSON.stringify(sorted);
  const entry_hash = entryHash(prev, canonical, (data) => hash("sha256", data));
  return { line: `${canonical.slice(0, -1)},"entry_hash":"${entry_hash}"}`, hash: entry_hash };
}

// A log of two segments: the second begins at `rotated`.
function makeLog(count: number, rotated = 7): readonly string[] {
  const lines: string[] = [];
  let head = GENESIS;
  for (let index = 0; index < count; index += 1) {
    const first = index === rotated;
    const extra: JsonObject = first ? { event: "log_rotated", previous_head: head } : { policy_hash: POLICY_HASH };
    const entry = { action_type: "do", log_id: LOG_ID, seq: index + 1, reason: "ünï \u2028 <b>", ...extra };
    const { line, hash } = seal(entry, first ? GENESIS : head);
    lines.push(line);
    head = hash;
  }
  return lines;
}

function contentOf(log: readonly string[], entries: readonly number[], by: Signer = owner): BundleContent {
  const nodes = new Map<string, Uint8Array>();
  const frontier = TreeFrontier.at(0, () => new Uint8Array(), sha256);
  for (const line of log) {
    frontier.append(lineLeaf(Buffer.from(line), sha256), (level, index, value) =>
      nodes.set(`${level}/${index}`, value),
    );
  }
  const body = formatCheckpoint({ origin: ORIGIN, size: log.length, root: frontier.root() });
  const { name, key_id } = by.key;
  return {
    origin: ORIGIN,
    log_id: LOG_ID,
    made_at: "2026-11-23T09:00:00.000Z",
    about: { incident_id: "inc-7" },
    keys: [{ vkey: formatVerifierKey(by.key), purpose: "checkpoint" }],
    checkpoint: formatNote(body, [{ name, key_id, bytes: sign(null, Buffer.from(body), by.secret) }]),
    size: log.length,
    entries,
    line: (index) => log[index] ?? "",
    node: (level, index) => nodes.get(`${level}/${index}`) ?? new Uint8Array(),
    policies: [{ hash: POLICY_HASH, text: POLICY }],
    reports: [{ format: "md", text: "# Report\n" }],
  };
}

const GOOD = { state: "valid", says: "nothing was there", not_claimed: ["index unaudited"], checkpoint: null } as const;
const goodProof: CheckProof = () => GOOD;
const TRUST: BundleOptions = { trust: trustKeys([owner.key]), checkProof: goodProof };

function bytesOf(content: BundleContent): Uint8Array {
  return Buffer.from([...bundleLines(content, startSha256)].join(""));
}

/** A bundle whose maker changed its lines and then sealed it: only what the lines mean can give it away. */
function resealed(content: BundleContent, change: (lines: string[]) => readonly string[]): Uint8Array {
  const lines = change([...bundleLines(content, startSha256)].slice(0, -1));
  const body = lines.join("");
  const sha = hash("sha256", body);
  return Buffer.from(`${body}${JSON.stringify({ kind: "end", lines: lines.length, sha256: sha })}\n`);
}

function verdictOf(bytes: Uint8Array, options: BundleOptions = TRUST): BundleVerdict {
  return verifyBundle(bytes, options, tools);
}

function entryLine(index: number, text: string): string {
  return `${JSON.stringify({ kind: "entry", index, line: text })}\n`;
}

interface Case {
  readonly name: string;
  readonly file: string;
  readonly trust: { readonly policy: string } | { readonly vkeys: readonly string[] } | null;
  readonly verdict: string;
  readonly line: number | null;
}

test("the bundles among the vectors get the verdicts that they should, at the lines where they should", () => {
  const folder = new URL("../../../../../vectors/evidence/", import.meta.url);
  const { cases }: { cases: readonly Case[] } = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));
  assert.ok(cases.length >= 35);
  for (const { name, file, trust, verdict, line } of cases) {
    const bytes = readFileSync(new URL(file, folder));
    const found = verdictOf(bytes, { ...TRUST, trust: trust === null ? null : trustFrom(trust) });
    assert.deepEqual([found.verdict, found.line], [verdict, line], `${name}: ${found.reason}`);
  }
});

test("a bundle of any entries of a log of any size is valid under the key that the verifier trusts", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.array(fc.nat(), { maxLength: 40 }), (size, picks) => {
      const log = makeLog(size);
      const entries = picks.map((pick) => pick % size);
      const verdict = verdictOf(bytesOf(contentOf(log, entries)));
      const shown = new Set(entries);
      assert.deepEqual([verdict.verdict, verdict.reason, verdict.entries], ["valid", null, shown.size]);
      assert.equal(verdict.chain_links, [...shown].filter((index) => shown.has(index - 1)).length);
      assert.equal(verdict.signed_by, `${owner.key.name}+${owner.key.key_id}`);
    }),
    { numRuns: 40 },
  );
});

test("the pieces of the tree are as few as they can be", () => {
  assert.deepEqual(
    [...layOut(16, [5])].map(({ level, index, entry }) => `${entry ? "entry" : "node"} ${level}/${index}`),
    ["node 2/0", "node 0/4", "entry 0/5", "node 1/3", "node 3/1"],
  );
  assert.deepEqual([...layOut(7, [])].length, 3);
  assert.deepEqual([...layOut(0, [])], []);
  assert.ok([...layOut(Number.MAX_SAFE_INTEGER, [2 ** 40])].length < 120);
  assert.throws(() => [...layOut(4, [4])], RangeError);
});

test("a valid bundle says what it does not say", () => {
  const { not_claimed, policies, policies_missing, reports } = verdictOf(bytesOf(contentOf(makeLog(9), [1, 2])));
  assert.deepEqual([policies, policies_missing, reports], [[POLICY_HASH], 0, 1]);
  assert.ok(not_claimed.includes("cannot see ungoverned calls"));
  assert.ok(not_claimed.some((text) => text.startsWith("unanchored")));
  const proven = { ...contentOf(makeLog(9), [1]), policies: [], proofs: [{ name: "p", proof: { canopy_proof: 1 } }] };
  const verdict = verdictOf(bytesOf(proven));
  assert.deepEqual([verdict.proofs[0]?.says, verdict.policies_missing], ["nothing was there", 1]);
  assert.ok(verdict.not_claimed.includes("p: index unaudited"));
});

test("without a key that the verifier was given nothing is valid, whatever keys the bundle brings", () => {
  const bytes = bytesOf(contentOf(makeLog(9), [1, 2]));
  const stranger = signer(ORIGIN);
  for (const trust of [null, trustKeys([]), trustKeys([stranger.key])]) {
    const verdict = verdictOf(bytes, { ...TRUST, trust });
    assert.equal(verdict.verdict, "untrusted");
    assert.match(verdict.reason ?? "", /^consistent, signed by an unknown key canopy\//u);
  }
  const other = verdictOf(bytesOf({ ...contentOf(makeLog(9), [1]), keys: [] }), { ...TRUST, trust: null });
  assert.deepEqual([other.verdict, other.signed_by], ["invalid", null]);
  const forged = verdictOf(bytesOf({ ...contentOf(makeLog(9), [1], stranger) }));
  assert.equal(forged.verdict, "untrusted");
});

test("a quorum that isn't reached, and a proof that isn't trusted, leave a bundle untrusted", () => {
  const w = verifierKey("example.org/w", "cosignature-v1", signer("w").key.public_key, sha256);
  const text = `log ${formatVerifierKey(owner.key)}\nwitness w ${formatVerifierKey(w)}\nquorum w\n`;
  const trust = parseTrustPolicy(text, sha256);
  const verdict = verdictOf(bytesOf(contentOf(makeLog(9), [1])), { ...TRUST, trust });
  assert.equal(verdict.verdict, "untrusted");
  assert.match(verdict.reason ?? "", /quorum `w` is not reached/u);
  const content = { ...contentOf(makeLog(9), [1]), proofs: [{ name: "p", proof: {} }] };
  for (const [state, expected] of [
    ["untrusted", "untrusted"],
    ["invalid", "invalid"],
  ] as const) {
    const checkProof: CheckProof = () => ({ state, says: "no", not_claimed: [], checkpoint: null });
    assert.equal(verdictOf(bytesOf(content), { ...TRUST, checkProof }).verdict, expected);
  }
});

test("a proof of another log, or of another history of this one, is none in a bundle, whoever signed it", () => {
  const content = { ...contentOf(makeLog(9), [1]), proofs: [{ name: "p", proof: {} }] };
  const own = readCheckpoint(content.checkpoint).checkpoint;
  const other = Uint8Array.from(own.root, (byte) => byte ^ 1);
  for (const [checkpoint, verdict] of [
    [own, "valid"],
    [{ ...own, size: 8, root: other }, "valid"],
    [{ ...own, origin: "example.org/empty" }, "invalid"],
    [{ ...own, root: other }, "invalid"],
  ] as const) {
    const checkProof: CheckProof = () => ({ ...GOOD, checkpoint });
    assert.equal(verdictOf(bytesOf(content), { ...TRUST, checkProof }).verdict, verdict);
  }
});

test("no bundle that was changed in one byte, cut or added to is valid", () => {
  const bytes = bytesOf(contentOf(makeLog(10), [2, 3, 6, 7, 8]));
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ flip;
      for (const one of [
        changed,
        bytes.subarray(0, at),
        Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1)),
      ]) {
        assert.notEqual(verdictOf(one).verdict, "valid");
      }
    }),
    { numRuns: 150 },
  );
  for (const more of ["\n", " ", "{}\n", '{"kind":"report","format":"md","text":""}\n']) {
    assert.equal(verdictOf(Buffer.concat([bytes, Buffer.from(more)])).verdict, "invalid");
  }
});

test("a bundle that was changed and sealed anew is caught by what its lines say, at its line", () => {
  const log = makeLog(10);
  const content = contentOf(log, [2, 3, 6, 7, 8]);
  const lines = [...bundleLines(content, startSha256)].slice(0, -1);
  const at = (part: string): number => lines.findIndex((line) => line.includes(part));
  const entry = (index: number): number => at(`{"kind":"entry","index":${index},`);
  const put = (index: number, text: string): Uint8Array => resealed(content, (all) => all.with(index, text));
  const rehashed = seal({ action_type: "other", log_id: LOG_ID, seq: 4 }, "0".repeat(64)).line;
  const cases: readonly (readonly [string, Uint8Array, RegExp, number])[] = [
    ["an entry edited", put(entry(3), entryLine(3, (log[3] ?? "").replace("do", "be"))), /hash of entry 3/u, entry(3)],
    ["an entry edited and hashed", put(entry(2), entryLine(2, rehashed)), /entry 3 does not follow/u, entry(3)],
    ["a lone entry edited and hashed", put(entry(6), entryLine(6, rehashed)), /entry 7 does not follow/u, entry(7)],
    ["an entry left out", resealed(content, (all) => all.toSpliced(entry(3), 1)), /the tree has come to 3/u, entry(3)],
    [
      "an entry twice",
      resealed(content, (all) => all.toSpliced(entry(3), 0, all[entry(3)] ?? "")),
      /come to 4/u,
      entry(3) + 1,
    ],
    [
      "another node",
      put(at('"kind":"node"'), '{"kind":"node","level":1,"index":0,"hash":"' + "0".repeat(64) + '"}\n'),
      /root was made/u,
      at('"kind":"policy"'),
    ],
    [
      "a node of a level that begins elsewhere",
      put(at('"kind":"node"'), '{"kind":"node","level":2,"index":0,"hash":"' + "0".repeat(64) + '"}\n'),
      /come to 4/u,
      entry(2),
    ],
    [
      "a node over the size",
      put(at('"kind":"node"'), '{"kind":"node","level":60,"index":0,"hash":"' + "0".repeat(64) + '"}\n'),
      /over the checkpoint's size/u,
      at('"kind":"node"'),
    ],
    [
      "an entry of another log",
      put(entry(2), entryLine(2, seal({ log_id: "other", seq: 3 }, GENESIS).line)),
      /another log/u,
      entry(2),
    ],
    ["an entry that is no JSON", put(entry(2), entryLine(2, "{")), /can't be read/u, entry(2)],
    ["an entry of two lines", put(entry(2), entryLine(2, `${log[2]}\n${log[3]}`)), /more than one line/u, entry(2)],
    [
      "another policy's text",
      put(at('"kind":"policy"'), `{"kind":"policy","hash":"${POLICY_HASH}","text":"x"}\n`),
      /policy's text/u,
      at('"kind":"policy"'),
    ],
    ["another origin", put(0, (lines[0] ?? "").replace(ORIGIN, "canopy/else")), /another log than the header/u, 2],
    ["two checkpoints", resealed(content, (all) => all.toSpliced(3, 0, all[2] ?? "")), /one checkpoint only/u, 3],
    ["no checkpoint", resealed(content, (all) => all.toSpliced(2, 1)), /checkpoint must stand/u, 2],
    ["a key after the tree", resealed(content, (all) => [...all, all[1] ?? ""]), /too late/u, lines.length],
    ["an unknown kind", resealed(content, (all) => [...all, '{"kind":"constructor"}\n']), /kind/u, lines.length],
    [
      "a member too many",
      resealed(content, (all) => [...all, '{"kind":"report","format":"md","text":"","x":1}\n']),
      /exactly/u,
      lines.length,
    ],
    [
      "a member twice",
      resealed(content, (all) => [...all, '{"kind":"report","format":"md","text":"","text":""}\n']),
      /twice/u,
      lines.length,
    ],
    [
      "a wrong type",
      resealed(content, (all) => [...all, '{"kind":"report","format":"html","text":""}\n']),
      /as documented/u,
      lines.length,
    ],
    ["an empty line", resealed(content, (all) => [...all, "\n"]), /JSON/u, lines.length],
    [
      "too many keys",
      resealed(content, (all) => all.toSpliced(1, 0, ...Array.from({ length: 1000 }, () => all[1] ?? ""))),
      /too many/u,
      1001,
    ],
  ];
  for (const [name, bytes, reason, index] of cases) {
    const verdict = verdictOf(bytes);
    assert.equal(verdict.verdict, "invalid", name);
    assert.match(verdict.reason ?? "", reason, name);
    assert.equal(verdict.line, index + 1, name);
  }
});

test("a tree that ends early, and a bad signature, are said even though no line is wrong by itself", () => {
  const log = makeLog(10);
  const content = contentOf(log, [2, 3]);
  const cut = resealed(content, (all) => all.filter((line) => !line.includes('"level":1,"index":4')));
  assert.match(verdictOf(cut).reason ?? "", /the tree ends at 8, the checkpoint's size is 10/u);
  const [head, signature = ""] = content.checkpoint.split("\n\n");
  const other = contentOf(makeLog(10, 3), [2, 3]);
  const swapped = { ...other, checkpoint: `${other.checkpoint.split("\n\n")[0]}\n\n${signature}` };
  assert.ok(head);
  const verdict = verdictOf(bytesOf(swapped));
  assert.deepEqual([verdict.verdict, verdict.line], ["invalid", null]);
  assert.match(verdict.reason ?? "", /its signature by .* does not hold/u);
});

test("what is no bundle is unusable, and no bytes make the verifier throw", () => {
  for (const text of ["", "\n", "{}\n", "\u0000", "PK\u0003\u0004", '{"canopy_evidence":2}\n', "null\n"]) {
    assert.equal(verdictOf(Buffer.from(text)).verdict, "unusable", text);
  }
  assert.equal(verdictOf(Uint8Array.of(0xff, 0x0a)).verdict, "unusable");
  const lines = [...bundleLines(contentOf(makeLog(3), [1]), startSha256)];
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom(...lines),
          fc.json().map((text) => `${text}\n`),
          fc.string(),
        ),
      ),
      (parts) => {
        const text = parts.join("");
        if (text !== lines.join("")) assert.notEqual(verdictOf(Buffer.from(text)).verdict, "valid");
      },
    ),
  );
});

test("it makes no difference in which pieces a bundle comes", () => {
  const bytes = bytesOf(contentOf(makeLog(20), [2, 3, 11]));
  const whole = verdictOf(bytes);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 }), (sizes) => {
      const verifier = new BundleVerifier(TRUST, tools);
      let at = 0;
      for (const size of sizes) {
        verifier.push(bytes.subarray(at, at + size));
        at += size;
      }
      verifier.push(bytes.subarray(at));
      assert.deepEqual(verifier.end(), whole);
    }),
    { numRuns: 50 },
  );
});

test("lines are shown as they pass, in order", () => {
  const seen: string[] = [];
  const visit: NonNullable<BundleOptions["visit"]> = (line) => void seen.push(line.kind);
  verdictOf(bytesOf(contentOf(makeLog(4), [1])), { ...TRUST, visit });
  assert.deepEqual(seen, ["key", "checkpoint", "node", "entry", "node", "policy", "report", "end"]);
});

const told = (changed: string): unknown => {
  const { verdict, reason, line } = verdictOf(Buffer.from(changed));
  return [verdict, reason, line];
};

test("a bundle in pieces is taken while it may hold, and where its end lies is said", () => {
  const bytes = bytesOf(contentOf(makeLog(9), [2, 3]));
  const text = Buffer.from(bytes).toString();
  const lines = text.trimEnd().split("\n");
  const verifier = new BundleVerifier(TRUST, tools);
  assert.equal(verifier.push(bytes.subarray(0, 50)), true);
  assert.equal(verifier.push(bytes.subarray(50)), true);
  assert.equal(verifier.end().verdict, "valid");
  const broken = new BundleVerifier(TRUST, tools);
  assert.equal(broken.push(Buffer.from("{}\n")), false);
  assert.equal(broken.push(bytes), false);
  assert.deepEqual([broken.end().verdict, broken.end().line], ["unusable", 1]);
  const follows = "something follows its last line";
  assert.deepEqual(told(`${text}{}\n`), ["invalid", follows, lines.length + 1]);
  assert.deepEqual(told(`${text}{}`), ["invalid", follows, lines.length + 1]);
  const short = lines.slice(0, -1);
  assert.deepEqual(told(`${short.join("\n")}\n`), ["invalid", "it ends before its last line", lines.length]);
  const counted = { kind: "end", lines: 3, sha256: "0".repeat(64) };
  assert.deepEqual(told(`${[...short, JSON.stringify(counted)].join("\n")}\n`), [
    "invalid",
    `its last line counts 3 lines before it, there are ${short.length}`,
    lines.length,
  ]);
  const right = { ...counted, lines: short.length };
  assert.deepEqual(told(`${[...short, JSON.stringify(right)].join("\n")}\n`), [
    "invalid",
    "its bytes are not those that its last line was made of",
    lines.length,
  ]);
});
