// A real ledger with a real tree and real anchors, for tests; and the hands that tamper with it.

import { generateKeyPairSync, sign } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Signer } from "../../ledger/ports.ts";
import { formatVerifierKey, verifierKey } from "../../ledger/tlog/verifier-key.ts";
import { openFileLedger, type FileLedger } from "../file-ledger.ts";
import type { CheckpointKeys } from "../tlog/checkpoint-keys.ts";
import { nodeSha256 } from "../tlog/node-sha256.ts";
import type { AnchorOptions } from "./anchor-options.ts";

/** A folder with a home, a place for the log, and another place. */
export interface Site {
  readonly folder: string;
  readonly home: string;
  readonly log: string;
  readonly elsewhere: string;
  readonly keys: CheckpointKeys;
  readonly signer: Signer;
}

/** How a ledger of a site is opened. */
export interface OpenSite extends Partial<AnchorOptions> {
  /** Whether checkpoints are made while it is open; default only at the end. */
  readonly worker?: boolean;
  readonly continueForeign?: boolean;
  readonly rotateBytes?: number | null;
}

/** A fresh site; its keys are the home's, which whoever has the machine has too. */
export function makeSite(t: TestContext): Site {
  const folder = mkdtempSync(join(tmpdir(), "canopy-site-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const signer: Signer = { key_id: "k", algorithm: "Ed25519", sign: (bytes) => sign(null, bytes, privateKey) };
  const keys: CheckpointKeys = {
    signer: () => ({ ...signer, public_key: { kind: "ed25519-pub", bytes: raw } }),
    vkeys: (origin) => [formatVerifierKey(verifierKey(origin, "ed25519", raw, nodeSha256))],
  };
  return { folder, home: join(folder, "home"), log: join(folder, "audit.log"), elsewhere, keys, signer };
}

/** Open the site's ledger with its anchors. Throws as `openFileLedger`. */
export function openSite(site: Site, options: OpenSite = {}): Promise<FileLedger> {
  const { worker = false, continueForeign = false, rotateBytes = null, ...chosen } = options;
  return openFileLedger({
    path: site.log,
    home: site.home,
    signer: site.signer,
    clock: { now: () => Date.now() },
    index: false,
    continueForeign,
    rotateBytes,
    tlog: { keys: site.keys, worker },
    anchors: { anchors: [`folder:${site.elsewhere}`], ...chosen },
  });
}

/** Append so many decisions. */
export async function decide(ledger: FileLedger, count: number, mark = "t"): Promise<void> {
  const entries = Array.from({ length: count }, (_, at) => ({
    event: "authorize_action",
    timestamp: "2026-01-01T00:00:00Z",
    decision: "ALLOW",
    trace_id: `${mark}${at}`,
  }));
  await Promise.all(entries.map((entry) => ledger.append({ entry })));
}

/** Open, append, close: a whole run. */
export async function run(
  site: Site,
  count: number,
  options: OpenSite & { readonly mark?: string } = {},
): Promise<void> {
  const { mark, ...open } = options;
  const ledger = await openSite(site, open);
  await decide(ledger, count, mark);
  await ledger.close();
}

/** The lines of the log, as text without line feeds. */
export function linesOf(site: Site): readonly string[] {
  return readFileSync(site.log, "utf8").trimEnd().split("\n");
}

/** The events of the log's entries. */
export function eventsOf(site: Site): readonly string[] {
  return linesOf(site).map((line) => String(/"event":"([a-z_]+)"/u.exec(line)?.[1]));
}

/**
 * Do what someone does who has the machine and all its keys: write another log in the place of this one, under its own id,
 * with its own head file, tiles and checkpoints, as many entries long.
 */
export async function rewriteWithStolenKeys(site: Site, count: number): Promise<void> {
  const id = readFileSync(join(`${site.log}.d`, "log-id"));
  for (const path of [site.log, `${site.log}.d`, join(site.home, "heads"), join(site.home, "checkpoints")]) {
    if (existsSync(path)) rmSync(path, { recursive: true });
  }
  mkdirSync(`${site.log}.d`, { mode: 0o700 });
  writeFileSync(join(`${site.log}.d`, "log-id"), id, { mode: 0o600 });
  await run(site, count, { anchors: [], mark: "forged " });
}
