// Evidence bundles of any size, for the peers: made with a key of their own.
import { generateKeyPairSync, hash, sign } from "node:crypto";
import { join } from "node:path";
import { root } from "../setup.mjs";

const dist = (path) => `file://${join(root, "packages", "runtime", "dist", path)}`;
const { bundleLines } = await import(dist("ledger/evidence/bundle-lines.js"));
const { GENESIS } = await import(dist("ledger/chain.js"));
const { formatCheckpoint } = await import(dist("ledger/tlog/checkpoint.js"));
const { lineLeaf } = await import(dist("ledger/tlog/entry-data.js"));
const { formatNote } = await import(dist("ledger/tlog/note.js"));
const { TreeFrontier } = await import(dist("ledger/tlog/tree.js"));
const { formatVerifierKey, verifierKey } = await import(dist("ledger/tlog/verifier-key.js"));
const { sha256, startSha256 } = await import(dist("runtime/crypto.js"));

const LOG_ID = "fedcba98765432100123456789abcdef";

/** A log of so many entries with those of `chosen` in a bundle: its text, and the key that signed. */
export function makeBundle(entries, chosen, membersOf) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const key = verifierKey(`canopy/${LOG_ID}`, "ed25519", raw, sha256);
  const lines = [];
  const nodes = new Map();
  const frontier = TreeFrontier.at(0, () => null, sha256);
  let head = GENESIS;
  for (let index = 0; index < entries; index += 1) {
    const members = { ...membersOf(index), log_id: LOG_ID, prev_hash: head, schema_version: 1, seq: index + 1 };
    const canonical = JSON.stringify(members, Object.keys(members).sort());
    head = hash("sha256", head + canonical);
    const line = `${canonical.slice(0, -1)},"entry_hash":"${head}"}`;
    lines.push(line);
    frontier.append(lineLeaf(Buffer.from(line), sha256), (level, at, value) => nodes.set(`${level}/${at}`, value));
  }
  const body = formatCheckpoint({ origin: key.name, size: entries, root: frontier.root() });
  const content = {
    origin: key.name,
    log_id: LOG_ID,
    made_at: "2026-11-23T10:00:00.000Z",
    about: { incident_id: "inc-1", title: "an agent sent files to a host that nobody knows" },
    keys: [{ vkey: formatVerifierKey(key), purpose: "checkpoint" }],
    checkpoint: formatNote(body, [
      { name: key.name, key_id: key.key_id, bytes: sign(null, Buffer.from(body), privateKey) },
    ]),
    size: entries,
    entries: chosen,
    line: (index) => lines[index],
    node: (level, index) => nodes.get(`${level}/${index}`),
    reports: [{ format: "md", text: "# What happened\n\nFiles were sent.\n" }],
  };
  return { text: [...bundleLines(content, startSha256)].join(""), vkey: formatVerifierKey(key) };
}
