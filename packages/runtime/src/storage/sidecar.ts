// The folder beside the log, `<log>.d/`, and what stands where in it.

import { basename, dirname, join, resolve } from "node:path";
import { CanopyError } from "../core/errors.ts";
import type { FileSystem } from "./file-system.ts";
import { headPath, homeFolder, indexPath } from "./head-path.ts";
import { isCode } from "./owner-file.ts";
import { makeOwnerFolder } from "./owner-folder.ts";

/** The paths of a log and its sidecar, absolute and without links. */
export interface LogPaths {
  readonly log: string;
  readonly folder: string;
  readonly lock: string;
  readonly logId: string;
  readonly synced: string;
  /** The head to go by: that of the home of whoever decides, else the one beside the log, which anybody may have written. */
  readonly head: string;
  readonly poisoned: string;
  readonly proofs: string;
  /** Where entries stand; under the home of whoever decides by it, else beside the log. */
  readonly index: string;
  /** How far sinks are; what processes run; whose keys were proven. Under the home, like the index. */
  readonly sinks: string;
  readonly executors: string;
  readonly proven: string;
  readonly payloads: string;
  readonly policies: string;
  readonly segments: string;
  readonly torn: string;
  /** The tree over the log; made when it is first written. */
  readonly tlog: string;
}

/**
 * The paths for a log, by its real folder: every spelling of the same file gives the same paths. Makes nothing. With a
 * `home` its index, its head and what it remembers are that home's own, which decisions may go by.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when the folder is missing, or the log is a link or not a regular file.
 */
export function logPaths(fs: FileSystem, path: string, home: string | null = null): LogPaths {
  let parent: string;
  try {
    parent = fs.realPath(dirname(resolve(path)));
  } catch (error) {
    throw refused(`the folder of the log \`${path}\` can't be reached`, "make the folder, or name another log", error);
  }
  const log = join(parent, basename(resolve(path)));
  const status = fs.statusAt(log);
  if (status !== null && status.kind !== "file") {
    const what = status.kind === "link" ? "a link" : "not a regular file";
    throw refused(`the log \`${log}\` is ${what}`, "name the regular file itself");
  }
  return logPathsOf(log, home);
}

/** The paths for a log that is named by its real path. See `logPaths`. */
export function logPathsOf(log: string, home: string | null = null): LogPaths {
  const folder = `${log}.d`;
  const kept = (kind: Parameters<typeof homeFolder>[1]): string =>
    home === null ? join(folder, kind) : homeFolder(home, kind, log);
  return {
    log,
    folder,
    lock: join(folder, "lock.sqlite"),
    logId: join(folder, "log-id"),
    synced: join(folder, "synced"),
    head: home === null ? join(folder, "synced") : headPath(home, log),
    poisoned: join(folder, "poisoned"),
    proofs: join(folder, "proofs.jsonl"),
    index: home === null ? join(folder, "index.sqlite") : indexPath(home, log),
    sinks: kept("sinks"),
    executors: kept("executors"),
    proven: kept("proven"),
    payloads: join(folder, "payloads"),
    policies: join(folder, "policies"),
    segments: join(folder, "segments"),
    torn: join(folder, "torn"),
    tlog: join(folder, "tlog"),
  };
}

/**
 * Make the sidecar's folders, mode 0700.
 *
 * @throws {CanopyError} `LEDGER_REFUSED` when one of them is a link or not a folder, `LEDGER_UNAVAILABLE` when it can't be made.
 */
export function makeSidecar(fs: FileSystem, paths: LogPaths): void {
  const folders = [
    paths.folder,
    paths.payloads,
    join(paths.payloads, "keys"),
    paths.policies,
    paths.segments,
    paths.torn,
  ];
  for (const folder of folders) makeFolder(fs, folder);
}

/** Make the folder of the tree, below a sidecar that is no link. Throws as `makeSidecar`. */
export function makeTreeFolder(fs: FileSystem, { folder, tlog }: Pick<LogPaths, "folder" | "tlog">): void {
  for (const each of [folder, tlog]) makeFolder(fs, each);
}

/** Make one folder with its parents, mode 0700. Throws as `makeSidecar`. */
export function makeFolder(fs: FileSystem, folder: string): void {
  try {
    // The first folder that had to be made: its name, and each below it, is made durable.
    const made = makeOwnerFolder(folder, fs);
    if (made !== null) syncDownTo(fs, folder, dirname(made));
  } catch (error) {
    if (fs.statusAt(folder) === null) {
      throw new CanopyError("LEDGER_UNAVAILABLE", `the folder \`${folder}\` can't be made`, {
        cause: error,
        fix: "put the log into a folder that you may write to",
      });
    }
  }
  if (fs.statusAt(folder)?.kind !== "folder") {
    throw refused(`\`${folder}\` is not a folder`, "remove the link or file of that name");
  }
}

/**
 * Make the names of the folders durable that a log and its head stand in, whoever made them: a process may have ended
 * between making one and syncing its name. `heads` is the folder of the head. Throws the system's error.
 */
export function syncFolderNames(fs: FileSystem, paths: LogPaths, heads: string): void {
  const home = dirname(heads);
  for (const folder of [dirname(paths.log), paths.folder, paths.payloads, heads, home]) fs.syncFolder(folder);
  try {
    fs.syncFolder(dirname(home));
  } catch (error) {
    // A folder that can't be read by this user: then nothing was made in it.
    if (!isCode(error, "EACCES")) throw error;
  }
}

function syncDownTo(fs: FileSystem, folder: string, top: string): void {
  for (let at = dirname(folder); at.length >= top.length; at = dirname(at)) {
    fs.syncFolder(at);
    if (at === dirname(at)) return;
  }
}

/** The path of a closed segment. */
export function segmentPath(paths: LogPaths, segment: number): string {
  return join(paths.segments, segmentName(segment));
}

/** The name of a closed segment, as `log_rotated` entries carry it. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(6, "0")}.log`;
}

/** Numbers of the segments that exist, in order, up to and with the current one. */
export function segmentsUpTo(fs: FileSystem, paths: LogPaths, current: number): readonly number[] {
  const numbers: number[] = [];
  for (let segment = 1; segment < current; segment += 1) {
    if (fs.statusAt(segmentPath(paths, segment)) !== null) numbers.push(segment);
  }
  return [...numbers, current];
}

/** Open a closed segment for reading. Throws the system's error. */
export function openSegment(fs: FileSystem, paths: LogPaths, segment: number): number {
  return fs.open(segmentPath(paths, segment), "read");
}

function refused(message: string, fix: string, cause?: unknown): CanopyError {
  return new CanopyError("LEDGER_REFUSED", message, { fix, ...(cause === undefined ? {} : { cause }) });
}
