// The checks of `canopy self-check`. Each looks, changes nothing, and says what to do when something is wrong.

import { counted } from "canopy-runtime/counted";
import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname } from "node:path";
import type { AnchorStatus } from "canopy-runtime/anchors";
import type { ResolvedSettings } from "canopy-runtime/config";
import { CanopyError, errorText } from "canopy-runtime/errors";
import { listKeys } from "canopy-runtime/keys";
import { lintPolicy } from "canopy-runtime/policy";
import { lostLogText, verifyLog } from "canopy-runtime/verify";
import type { Io } from "./io.ts";
import { readWhole } from "./read-input.ts";
import { settingsFor } from "./settings.ts";
import { startProgress } from "./progress.ts";

/** The outcome of one check. */
export interface Check {
  readonly name: string;
  readonly result: "pass" | "warn" | "fail";
  readonly detail: string;
  readonly fix?: string;
}

/** Flags that replace settings. */
export interface CheckedFiles {
  readonly policy_file: string | undefined;
  readonly audit_log_path: string | undefined;
}

const LEAST_NODE = [22, 18] as const;
/** A log that is in use is this far ahead of its checkpoint at most. */
const MOST_UNCOVERED = 1000;
const POLICY_LIMIT_BYTES = 16_777_216;

/** Run every check, in order. Never throws for what a check finds. */
export async function runChecks(io: Io, files: CheckedFiles): Promise<readonly Check[]> {
  const checks: Check[] = [checkNode(process.versions.node), checkSqlite()];
  let resolved: ResolvedSettings;
  try {
    resolved = settingsFor(io, files);
  } catch (error) {
    return [...checks, failed("config", error)];
  }
  checks.push({
    name: "config",
    result: "pass",
    detail: resolved.config_file ?? "no configuration file; defaults hold",
  });
  checks.push(checkHome(resolved), checkKeys(resolved), await checkPolicy(io, resolved));
  checks.push(checkLogFolder(resolved), await checkLog(io, resolved), ...(await checkCheckpoint(resolved)));
  checks.push(...(await checkAnchors(resolved)));
  return checks;
}

/** Whether a Node version is new enough. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  if (enough) return { name: "node", result: "pass", detail: `Node ${version}` };
  const fix = `install Node ${LEAST_NODE.join(".")} or later`;
  return { name: "node", result: "fail", detail: `Node ${version} is too old`, fix };
}

// Asked for, not loaded: Node 22 prints a notice when it is.
function checkSqlite(): Check {
  if (isBuiltin("node:sqlite")) {
    return { name: "sqlite", result: "pass", detail: "built into this Node; locks and indexes the log" };
  }
  return {
    name: "sqlite",
    result: "fail",
    detail: "this Node has no node:sqlite",
    fix: "use a standard build of Node",
  };
}

function checkHome({ settings: { home }, origins }: ResolvedSettings): Check {
  const detail = `${home} (${origins.home})`;
  const stat = statSync(home, { throwIfNoEntry: false });
  if (stat === undefined) return { name: "home", result: "pass", detail: `${detail}; made on first use` };
  if (!stat.isDirectory()) {
    return { name: "home", result: "fail", detail: `${detail} is not a folder`, fix: "set CANOPY_HOME to a folder" };
  }
  if ((stat.mode & 0o022) !== 0 && process.platform !== "win32") {
    const fix = `chmod go-w ${home}`;
    return { name: "home", result: "fail", detail: `${detail} can be written by others`, fix };
  }
  return writable(home)
    ? { name: "home", result: "pass", detail }
    : {
        name: "home",
        result: "fail",
        detail: `${detail} can't be written`,
        fix: `make it yours: chown "$USER" ${home}`,
      };
}

function checkKeys({ settings: { home } }: ResolvedSettings): Check {
  try {
    const found = listKeys(home);
    const signing = found.find(({ name, state }) => name === "signing" && state === "current");
    if (signing === undefined) return { name: "keys", result: "pass", detail: "none yet; made on first use" };
    return { name: "keys", result: "pass", detail: `signing key ${signing.key_id}` };
  } catch (error) {
    return failed("keys", error);
  }
}

async function checkPolicy(io: Io, { settings: { policy_file }, origins }: ResolvedSettings): Promise<Check> {
  if (policy_file === null) return { name: "policy", result: "pass", detail: "the bundled default pack" };
  const detail = `${policy_file} (${origins.policy_file})`;
  try {
    const problems = lintPolicy(await readWhole(policy_file, io, POLICY_LIMIT_BYTES));
    const errors = problems.filter(({ severity }) => severity === "error").length;
    const fix = `canopy lint-policy ${policy_file}`;
    if (errors > 0) return { name: "policy", result: "fail", detail: `${detail}: ${counted(errors, "error")}`, fix };
    if (problems.length > 0)
      return { name: "policy", result: "warn", detail: `${detail}: ${counted(problems.length, "warning")}`, fix };
    return { name: "policy", result: "pass", detail };
  } catch (error) {
    return failed("policy", error);
  }
}

function checkLogFolder({ settings: { audit_log_path } }: ResolvedSettings): Check {
  const folder = dirname(audit_log_path);
  if (writable(folder)) return { name: "log folder", result: "pass", detail: folder };
  const fix = "set CANOPY_AUDIT_LOG_PATH to a place this user can write to";
  return { name: "log folder", result: "fail", detail: `${folder} can't be written`, fix };
}

async function checkLog(io: Io, { settings: { audit_log_path, home }, origins }: ResolvedSettings): Promise<Check> {
  const detail = `${audit_log_path} (${origins.audit_log_path})`;
  const stat = lstatSync(audit_log_path, { throwIfNoEntry: false });
  const lost = lostLogText(audit_log_path, home);
  if (lost !== null) {
    const fix = `restore it from a copy; \`canopy anchors ${audit_log_path}\` shows what is kept of it`;
    return { name: "log", result: "fail", detail: `${detail}: ${lost}`, fix };
  }
  if (stat === undefined || stat.size === 0)
    return { name: "log", result: "pass", detail: `${detail}; begins with the first decision` };
  if (!stat.isFile()) {
    const fix = "name a regular file with CANOPY_AUDIT_LOG_PATH";
    return { name: "log", result: "fail", detail: `${detail} is not a regular file`, fix };
  }
  const progress = startProgress(io);
  try {
    const shown = (bytes: number, total: number): void => progress.at(`reading the log: ${bytes} of ${total} bytes`);
    const report = await verifyLog(audit_log_path, { home, progress: shown });
    if (report.valid && !report.anchored) {
      const fix = "set CANOPY_HOME to the home it was begun from, or go on in it with `canopy authorize --continue`";
      return { name: "log", result: "warn", detail: `${detail}: intact, but not begun from this home`, fix };
    }
    if (report.valid)
      return {
        name: "log",
        result: "pass",
        detail: `${detail}: ${counted(report.entries, "entry", "entries")}, chain intact`,
      };
    const fix = `canopy verify ${audit_log_path}`;
    return { name: "log", result: "fail", detail: `${detail}: line ${report.first_bad_line}: ${report.failure}`, fix };
  } catch (error) {
    return failed("log", error);
  } finally {
    progress.done();
  }
}

/** Whether checkpoints keep up with the log; nothing for a log that has not begun, or without checkpoints by its settings. */
async function checkCheckpoint({ settings: { audit_log_path, tlog } }: ResolvedSettings): Promise<readonly Check[]> {
  const stat = lstatSync(audit_log_path, { throwIfNoEntry: false });
  if (!tlog || stat === undefined || stat.size === 0 || !stat.isFile()) return [];
  const name = "checkpoint";
  try {
    const { TlogReader } = await import("canopy-runtime/tlog");
    const reader = await TlogReader.open(audit_log_path);
    try {
      if (reader.strangeCheckpoint() !== null) {
        const fix = `canopy ledger fsck ${audit_log_path}`;
        return [{ name, result: "fail", detail: "the checkpoint beside the log is of another history", fix }];
      }
      const size = Number(reader.checkpointNote()?.split("\n")[1] ?? 0);
      const detail = `covers ${size} of ${counted(reader.size, "entry", "entries")}`;
      if (reader.size - size <= MOST_UNCOVERED) return [{ name, result: "pass", detail }];
      const fix =
        "the next process that opens the log for a second makes one; entries `checkpoint_failed` say why none was made";
      return [{ name, result: "warn", detail, fix }];
    } finally {
      reader.close();
    }
  } catch (error) {
    return [failed(name, error)];
  }
}

/** How the anchors that are set stand, each by name; nothing for a log that has not begun. */
async function checkAnchors({ settings }: ResolvedSettings): Promise<readonly Check[]> {
  const name = "anchors";
  const isSet = settings.anchors.length > 0 || settings.log_witnesses !== null;
  if (!isSet) {
    return [{ name, result: "pass", detail: "none set: only this home keeps checkpoints of the log" }];
  }
  const stat = lstatSync(settings.audit_log_path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size === 0) {
    const set = [...settings.anchors, ...(settings.log_witnesses === null ? [] : ["log witnesses"])].join(", ");
    return [{ name, result: "pass", detail: `${set}; asked once the log has begun` }];
  }
  try {
    const { anchorReport } = await import("canopy-runtime/anchors");
    const { anchors, entries } = await anchorReport(settings);
    const chosen = anchors.filter(({ kind }) => kind !== "home");
    const answered = chosen.filter(({ standing, kind }) => kind !== "log_witness" && ANSWERS.includes(standing));
    const isShort = answered.length < settings.anchors_required;
    return chosen.map((status) => anchorCheck(status, entries, isShort));
  } catch (error) {
    return [failed(name, error)];
  }
}

const ANSWERS: readonly AnchorStatus["standing"][] = ["consistent", "empty"];

function anchorCheck(
  { anchor, kind, standing, newest, error }: AnchorStatus,
  entries: number,
  isShort: boolean,
): Check {
  const covers =
    newest === null
      ? "has no checkpoint yet"
      : `has a checkpoint of ${newest} of ${counted(entries, "entry", "entries")}`;
  const fix = "canopy anchors check";
  const check = { name: "anchors", detail: `${anchor}: ${covers}` };
  switch (standing) {
    case "consistent":
    case "empty":
      return { ...check, result: "pass" };
    case "unknown":
      return { ...check, detail: `${check.detail}, as it was given; it can't be asked`, result: "pass" };
    case "unreachable": {
      const detail = `${check.detail} and can't be reached${error === null ? "" : `: ${error}`}`;
      // The log is not opened without its folders, nor without as many anchors as are required.
      return { ...check, detail, result: kind === "folder" || isShort ? "fail" : "warn", fix };
    }
    case "rolled_back":
    case "forked":
    case "set_back":
      return { ...check, detail: `${check.detail}: ${STANDINGS[standing]}`, result: "fail", fix };
    default: {
      const never: never = standing;
      return never;
    }
  }
}

const STANDINGS = {
  rolled_back: "the log was rolled back",
  forked: "the log is another one",
  set_back: "it was given a later one",
} as const;

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function failed(name: string, error: unknown): Check {
  const detail = errorText(error);
  const fix = error instanceof CanopyError ? error.fix : null;
  return { name, result: "fail", detail, ...(fix === null ? {} : { fix }) };
}
