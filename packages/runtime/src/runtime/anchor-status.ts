// How each anchor of a log stands: asked now, and compared with the log as it is.

import { CanopyError, errorText } from "../core/errors.ts";
import { parseTrustPolicy, type TrustPolicy } from "../ledger/tlog/trust-policy.ts";
import { parseVerifierKey } from "../ledger/tlog/verifier-key.ts";
import { AnchorMemory, type AnchorRecord } from "../storage/anchors/anchor-memory.ts";
import { judgeNote } from "../storage/anchors/anchor-target.ts";
import { judgeKept, keptBy, type KeptByAnchor } from "../storage/anchors/kept-by-anchor.ts";
import type { CheckpointAnchor } from "../storage/anchors/checkpoint-anchor.ts";
import { FolderAnchor } from "../storage/anchors/folder-anchor.ts";
import { openAnchor } from "../storage/anchors/open-anchor.ts";
import { anchoredLog } from "../storage/anchors/open-log-anchors.ts";
import { cosignedNote, WITNESSES } from "../storage/anchors/cosigned-note.ts";
import { checkpointsFolder } from "../storage/anchors/remembered-checkpoints.ts";
import type { LogTree, Standing } from "../storage/anchors/standing.ts";
import { readHead, type Head } from "../storage/head-file.ts";
import { headPath } from "../storage/head-path.ts";
import { headStanding } from "../storage/known-head.ts";
import { logIdOf } from "../storage/log-id.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { logPaths, type LogPaths } from "../storage/sidecar.ts";
import { TileFiles } from "../storage/tlog/tile-files.ts";
import { originOf } from "../storage/tlog/tlog-options.ts";
import { sha256 } from "./crypto.ts";
import { checkpointVerifierKeys } from "./keys.ts";
import type { Settings } from "./config.ts";
import { witnessPolicy } from "./home-anchors.ts";
import { logChain, type LogChain } from "./log-chain.ts";

/** How one anchor stands. Times are RFC 3339. */
export interface AnchorStatus {
  readonly anchor: string;
  readonly kind: "home" | "folder" | "http" | "syslog" | "log_witness";
  /**
   * What it says of the log: `consistent`, `rolled_back`, `forked`; `set_back`: it keeps less than it was given;
   * `empty`: nothing was ever given; `unreachable`; `unknown`: it can't be asked.
   */
  readonly standing: Standing | "set_back" | "empty" | "unreachable" | "unknown";
  /** Entries of the newest checkpoint that it keeps, or is known to have been given; null: none. */
  readonly newest: number | null;
  /** The root of that checkpoint, in hexadecimal digits, where the anchor gave it and a key of this home signed it. */
  readonly root: string | null;
  /** Entries of the log that it does not cover; null when that can't be said. */
  readonly lag: number | null;
  readonly published_at: string | null;
  readonly failing_since: string | null;
  readonly error: string | null;
}

/** How a log's anchors stand, and what stands beside it. */
export interface AnchorReport extends LogChain {
  readonly log: string;
  readonly origin: string;
  /** Entries that the log has. */
  readonly entries: number;
  readonly anchors: readonly AnchorStatus[];
}

/** The settings that say where a log is and what its anchors are. */
export type AnchorSettings = Pick<Settings, "home" | "audit_log_path" | "log_origin" | "anchors" | "log_witnesses">;

interface Asking {
  readonly origin: string;
  readonly tree: LogTree;
  readonly memory: AnchorMemory;
  readonly openNote: ReturnType<typeof anchoredLog>["openNote"];
}

/**
 * Ask every anchor of a log, all at once.
 *
 * @throws {CanopyError} `FILE_UNUSABLE` when the log is not one of ours; `INVALID_CONFIG`, `INVALID_KEY`, `INVALID_TRUST`.
 */
export async function anchorReport(settings: AnchorSettings): Promise<AnchorReport> {
  const { home } = settings;
  const paths = logPaths(realFileSystem, settings.audit_log_path);
  const head = readHead(realFileSystem, headPath(home, paths.log));
  const logId = idOf(paths, head);
  const origin = originOf(logId, settings.log_origin);
  const keys = { vkeys: (name: string) => checkpointVerifierKeys(home, name) };
  const log = anchoredLog({ fs: realFileSystem, paths, origin, keys });
  const memory = new AnchorMemory(home, logId);
  const own = new FolderAnchor(checkpointsFolder(home, logId), { name: "home", create: true });
  const anchors = [own, ...settings.anchors.map(openAnchor)];
  const tree = await log.openTree();
  try {
    const asking = { origin, tree, memory, openNote: log.openNote };
    const asked = await Promise.all(
      anchors.map((anchor) => statusOf(anchor, anchor === own ? "home" : anchor.kind, asking)),
    );
    const [first, ...others] = asked;
    const ownStatus = first === undefined ? [] : [withHead(first, head, paths)];
    const policy = witnessTrust(settings);
    const names = policy?.witnesses.map(({ name }) => name) ?? [];
    const witnesses = await Promise.all(names.map((name) => witnessStatus(name, asking)));
    const cosigned = names.length === 0 ? [] : [await cosignedStatus(cosignedNote(realFileSystem, paths), asking)];
    const files = new TileFiles(realFileSystem, paths.tlog);
    const vkeys = checkpointVerifierKeys(home, origin).map((vkey) => parseVerifierKey(vkey, sha256));
    const chain = logChain({ files, tree, keys: vkeys, policy });
    return {
      log: paths.log,
      origin,
      entries: tree.size,
      anchors: [...ownStatus, ...others, ...witnesses, ...cosigned],
      ...chain,
    };
  } finally {
    tree.close();
    for (const anchor of anchors) anchor.close();
  }
}

async function statusOf(anchor: CheckpointAnchor, kind: AnchorStatus["kind"], asking: Asking): Promise<AnchorStatus> {
  const known = await asking.memory.read(anchor.name);
  if (!anchor.isReadable) return fromMemory(kind, known, asking.tree.size);
  try {
    const kept = await keptBy(anchor, asking.origin);
    const { size, root, standing } = judge(anchor.name, kept, known, asking);
    const lag = standing === "consistent" || standing === "set_back" ? asking.tree.size - size : null;
    const newest = kept.note === null ? null : size;
    return { anchor: anchor.name, kind, standing, newest, root, lag, ...times(known), error: null };
  } catch (error) {
    return { ...fromMemory(kind, known, asking.tree.size), standing: "unreachable", error: errorText(error) };
  }
}

function judge(
  name: string,
  { note, older }: KeptByAnchor,
  known: AnchorRecord,
  { openNote, tree }: Asking,
): Pick<AnchorStatus, "root" | "standing"> & { readonly size: number } {
  if (note === null) return { size: 0, root: null, standing: known.size > 0 ? "set_back" : "empty" };
  const { checkpoint, conflict } = judgeKept(name, { note, older }, openNote, tree);
  const { size } = checkpoint;
  const root = Buffer.from(checkpoint.root).toString("hex");
  if (conflict === null) return { size, root, standing: size < known.size ? "set_back" : "consistent" };
  return { size, root, standing: conflict.standing === "rolled_back" ? "rolled_back" : "forked" };
}

async function witnessStatus(name: string, { memory, tree }: Asking): Promise<AnchorStatus> {
  return fromMemory("log_witness", await memory.read(name), tree.size);
}

/** The checkpoint that log witnesses cosigned last, as it is kept beside the log. */
async function cosignedStatus(note: string | null, asking: Asking): Promise<AnchorStatus> {
  const known = await asking.memory.read(WITNESSES);
  const kept = fromMemory("log_witness", known, asking.tree.size);
  if (note === null) return known.size > 0 ? kept : { ...kept, standing: "empty" };
  try {
    const { checkpoint, conflict } = judgeNote(WITNESSES, note, asking.openNote, asking.tree);
    const newest = checkpoint.size;
    if (conflict === null) return { ...kept, standing: "consistent", newest, lag: asking.tree.size - newest };
    return { ...kept, standing: conflict.standing === "rolled_back" ? "rolled_back" : "forked", newest, lag: null };
  } catch (error) {
    return { ...kept, standing: "unknown", error: errorText(error) };
  }
}

function fromMemory(kind: AnchorStatus["kind"], known: AnchorRecord, size: number): AnchorStatus {
  const newest = known.size === 0 ? null : known.size;
  const standing = known.failing_since === null ? "unknown" : "unreachable";
  const lag = newest === null ? null : Math.max(0, size - newest);
  return { anchor: known.anchor, kind, standing, newest, root: null, lag, ...times(known), error: known.error };
}

function times({ published_at, failing_since }: AnchorRecord): Pick<AnchorStatus, "published_at" | "failing_since"> {
  return { published_at, failing_since };
}

function witnessTrust({ log_witnesses }: AnchorSettings): TrustPolicy | null {
  const text = witnessPolicy(log_witnesses);
  return text === null ? null : parseTrustPolicy(text, sha256);
}

/** The home knows of entries after its newest checkpoint, by its head. */
function withHead(own: AnchorStatus, head: Head | null, paths: LogPaths): AnchorStatus {
  if (head === null || own.standing === "rolled_back" || own.standing === "forked") return own;
  const standing = headStanding(realFileSystem, paths, head);
  return standing === "consistent" ? own : { ...own, standing, newest: head.seq, root: null, lag: null };
}

/** The id that entries name; of a log that was emptied, the one that this home knows. */
function idOf({ log }: LogPaths, head: Head | null): string {
  const isEmpty = (realFileSystem.statusAt(log)?.size ?? 0) === 0;
  const logId = isEmpty ? (head?.log_id ?? null) : logIdOf(realFileSystem, log);
  if (logId !== null) return logId;
  throw new CanopyError("FILE_UNUSABLE", `the log \`${log}\` has no entry of ours`, {
    at: log,
    fix: "check the path; `canopy config` shows which log is in force",
  });
}
