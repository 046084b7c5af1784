// The log of vectors/absence: made from fixed texts, with fixed keys and times, so that the same files come out again.
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const dist = (path) => import(join(root, "packages/runtime/dist", `${path}.js`));
const { prepareEntry, sealEntry } = await dist("ledger/entry");
const { GENESIS } = await dist("ledger/chain");
const { EMPTY_INDEX, IndexBuilder } = await dist("storage/entry-index/index-builder");
const { formatCheckpoint } = await dist("ledger/tlog/checkpoint");
const { cosignedMessage, formatCosignature } = await dist("ledger/tlog/cosignature");
const { formatNote } = await dist("ledger/tlog/note");
const { formatVerifierKey, verifierKey } = await dist("ledger/tlog/verifier-key");
const { lineLeaf } = await dist("ledger/tlog/entry-data");
const { merkleTree } = await dist("ledger/merkle");
const { resourceCommitment, resourceKeyOf } = await dist("ledger/entry-index/resource-key");

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
export const START = Date.UTC(2026, 10, 1, 9) / 1000;
export const at = (seconds) => `${new Date((START + seconds) * 1000).toISOString().slice(0, 19)}Z`;
export const K = sha256(Buffer.from("canopy absence vectors: resource key"));
export const keyOf = (name) => resourceKeyOf(name, K, sha256);
export const AGENTS = ["a", "b", "c"].map((name) => `AVID-${createHash("sha256").update(name).digest("hex")}`);

export const log = signer("canopy/absence-vectors", "ed25519");
export const stranger = signer("canopy/absence-vectors", "ed25519", "stranger");
export const auditor = signer("example.org/auditor", "cosignature-v1");
export const witness = signer("example.org/witness", "cosignature-v1");

function signer(name, algorithm, seed = name) {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const der = Buffer.concat([prefix, sha256(Buffer.from(`canopy absence vectors: ${seed}`))]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(secret).export({ format: "jwk" });
  const key = verifierKey(name, algorithm, Uint8Array.from(Buffer.from(x, "base64url")), sha256);
  return { key, secret, vkey: formatVerifierKey(key) };
}

function signature({ key, secret }, text) {
  const { name, key_id } = key;
  if (key.algorithm === "ed25519") return { name, key_id, bytes: sign(null, Buffer.from(text), secret) };
  const time = START + 100_000;
  return formatCosignature({ name, key_id, time, signature: sign(null, cosignedMessage(text, time), secret) });
}

/** The log: 20 windows of about three decisions; agent b deletes once, a and c touch the host, tenants from window 10 on. */
export function makeLog(folder, change = () => ({})) {
  const path = join(folder, "audit.log");
  const tlog = join(`${path}.d`, "tlog");
  mkdirSync(tlog, { recursive: true });
  const lines = [];
  const builder = IndexBuilder.open(join(tlog, "index"), EMPTY_INDEX, { coveredEntries: () => [], lines: () => [] });
  let [prevHash, state] = [GENESIS, EMPTY_INDEX];
  const append = (draft) => {
    const seat = { prevHash, seq: lines.length + 1, payloadRef: null };
    const sealed = sealEntry(prepareEntry(draft, "0123456789abcdef0123456789abcdef", false), seat, (data) =>
      createHash("sha256").update(data).digest("hex"),
    );
    lines.push(sealed.line.slice(0, -1));
    prevHash = sealed.entryHash;
  };
  for (let window = 0; window < 20; window += 1) {
    for (let each = 0; each < 2 + (window % 3); each += 1) append(decision(window, each, change));
    const first = state.covered_entries;
    const covered = lines.length;
    state = builder.addWindow(
      first,
      covered,
      lines.slice(first).map((line) => Buffer.from(line)),
    );
    append(meta(window, covered, state));
  }
  builder.close();
  writeFileSync(path, `${lines.join("\n")}\n`);
  const note = noteOver(lines, [log]);
  writeFileSync(join(tlog, "checkpoint"), note);
  return { path, tlog, lines, note, state };
}

function decision(window, each, change) {
  const agent = AGENTS[(window + each) % 3];
  const deletes = window === 6 && agent === AGENTS[1];
  const touches = each === 0 && window % 5 === 0 && agent === AGENTS[0];
  const base = {
    event: "authorize_action",
    timestamp: at(60 * window + 7 * each),
    avid: agent,
    action_type: deletes ? "delete_file" : "execute_shell",
    decision: deletes ? "DENY" : each === 2 ? "REQUIRE_APPROVAL" : "ALLOW",
    reason: "as a sample",
    severity: "low",
    layers: {},
    witness: null,
    trace_id: `trace-${window}`,
    resource_keys: [keyOf("tool:executeshell"), ...(touches ? [keyOf("net.connect:files.example.com")] : [])].toSorted(
      byText,
    ),
    ...(window >= 10 ? { tenant_id: window % 2 === 0 ? "acme" : "umbra" } : {}),
  };
  return { ...base, ...(window === 2 && each === 1 ? { resource_keys: ["unresolved"] } : {}), ...change(window, each) };
}

function meta(window, covered, { runs, root: index }) {
  return {
    event: "checkpoint_meta",
    timestamp: at(60 * window + 50),
    avid: "",
    action_type: "ledger",
    decision: "RECORD",
    reason: "checkpoint",
    severity: "low",
    layers: {},
    witness: null,
    covered_entries: covered,
    index: { runs, root: index },
    previous_checkpoint: null,
    decisions: { ALLOW: 0, DENY: 0, REQUIRE_APPROVAL: 0 },
    policy_hash: null,
    origin: log.key.name,
    key_id: "sample",
    resource_key_commitment: resourceCommitment(K, sha256),
  };
}

export function noteOver(lines, signers) {
  const leaves = lines.map((line) => lineLeaf(Buffer.from(line), sha256));
  const body = formatCheckpoint({ origin: log.key.name, size: lines.length, root: merkleTree(leaves, sha256).root });
  return formatNote(
    body,
    signers.map((each) => signature(each, body)),
  );
}

function byText(a, b) {
  return a < b ? -1 : 1;
}
