// Where settings come from: argument > environment > configuration file > default. Never the working folder,
// which an agent can write to. Each value keeps its origin, so that `canopy config --show-origin` can tell.

import { isAbsolute, join, resolve } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { isKeyName } from "../ledger/tlog/note.ts";
import { readRegular } from "../storage/regular-file.ts";
import { homeOf } from "./home.ts";
import { checkAnchorSettings } from "./home-anchors.ts";
import type { Durability } from "../ledger/ports.ts";

/** Every setting a runtime has. Paths are absolute; times are milliseconds; sizes are bytes. */
export interface Settings {
  readonly home: string;
  readonly audit_log_path: string;
  /** Null: the bundled `default` pack. */
  readonly policy_file: string | null;
  /** How often the policy file is looked at for changes; null: never. Packs and text given in code don't change. */
  readonly policy_watch_ms: number | null;
  readonly durability: Durability;
  readonly allow_ttl_ms: number;
  readonly approval_ttl_ms: number;
  readonly rotate_bytes: number;
  /** How long payload records are kept, in days; null: for ever. */
  readonly retention_days: number | null;
  /** Whether checkpoints of the tree over the log are made. */
  readonly tlog: boolean;
  /** Whether bundles of the log's entries are written beside its tiles, for clients of such logs. */
  readonly tlog_entries: boolean;
  /** The log's name in checkpoints; null: `canopy/<log_id>`. */
  readonly log_origin: string | null;
  /** After so long without any, a checkpoint is made all the same; null: never. */
  readonly heartbeat_ms: number | null;
  /** Where checkpoints are kept besides the home: `folder:/path`, `https://…`, `syslog+tls://…`. */
  readonly anchors: readonly string[];
  /** How many of those that can be asked must answer when the log is opened; folders must in any case. */
  readonly anchors_required: number;
  /** A trust policy (c2sp.org/tlog-policy) with the log witnesses that checkpoints are shown to; null: none. */
  readonly log_witnesses: string | null;
  /** How many distinct approvers an approval needs. */
  readonly approvals_required: number;
  /** Public keys whose approvals count, besides the approver key of this home. */
  readonly approvers: readonly string[];
  /** Names of approvers' keys, for policies that ask for an approver by name. */
  readonly approver_names: Readonly<Record<string, string>>;
  /** Roles of approvers: public keys, key ids, or names of `approver_names`. */
  readonly approver_roles: Readonly<Record<string, readonly string[]>>;
  /** Where entries are sent as well; see docs/sinks.md. */
  readonly sinks: readonly string[];
  /** Names of members that are taken out of whatever leaves the log, besides what looks like a secret. */
  readonly redact_fields: readonly string[];
}

/** Where a setting came from. */
export type Origin = "argument" | "environment" | "file" | "default";

/** Settings with the origin of each, and the configuration file that was read, if any. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<keyof Settings, Origin>>;
  readonly config_file: string | null;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The name of every setting. */
export const SETTINGS: Readonly<Record<keyof Settings, true>> = {
  home: true,
  audit_log_path: true,
  policy_file: true,
  policy_watch_ms: true,
  durability: true,
  allow_ttl_ms: true,
  approval_ttl_ms: true,
  rotate_bytes: true,
  retention_days: true,
  tlog: true,
  tlog_entries: true,
  log_origin: true,
  heartbeat_ms: true,
  anchors: true,
  anchors_required: true,
  log_witnesses: true,
  approvals_required: true,
  approvers: true,
  approver_names: true,
  approver_roles: true,
  sinks: true,
  redact_fields: true,
};
const SETTING_NAMES = Object.keys(SETTINGS).filter(isSettingName);

function isSettingName(name: string): name is keyof Settings {
  return Object.hasOwn(SETTINGS, name);
}

const VARIABLES: Readonly<Partial<Record<keyof Settings, string>>> = {
  home: "CANOPY_HOME",
  audit_log_path: "CANOPY_AUDIT_LOG_PATH",
  policy_file: "CANOPY_POLICY_FILE",
  durability: "CANOPY_DURABILITY",
};

const NOT_CHOSEN: Readonly<Record<keyof Settings, Origin>> = {
  home: "default",
  audit_log_path: "default",
  policy_file: "default",
  policy_watch_ms: "default",
  durability: "default",
  allow_ttl_ms: "default",
  approval_ttl_ms: "default",
  rotate_bytes: "default",
  retention_days: "default",
  tlog: "default",
  tlog_entries: "default",
  log_origin: "default",
  heartbeat_ms: "default",
  anchors: "default",
  anchors_required: "default",
  log_witnesses: "default",
  approvals_required: "default",
  approvers: "default",
  approver_names: "default",
  approver_roles: "default",
  sinks: "default",
  redact_fields: "default",
};

/**
 * Resolve every setting.
 *
 * @throws {CanopyError} `INVALID_CONFIG` when a value is not usable or the configuration file has an unknown member.
 */
export function resolveSettings(
  given: Partial<Settings>,
  env: Environment = process.env,
  cwd: string = process.cwd(),
): ResolvedSettings {
  const home = given.home === undefined ? homeOf(env, cwd) : absolute(given.home, cwd);
  const file = configFile(env, home, cwd);
  const defaults: Settings = {
    home,
    audit_log_path: join(cwd, "audit.log"),
    policy_file: null,
    policy_watch_ms: 1000,
    durability: "sync",
    allow_ttl_ms: 300_000,
    approval_ttl_ms: 3_600_000,
    rotate_bytes: 1_073_741_824,
    retention_days: 90,
    tlog: true,
    tlog_entries: false,
    log_origin: null,
    heartbeat_ms: 60_000,
    anchors: [],
    anchors_required: 0,
    log_witnesses: null,
    approvals_required: 1,
    approvers: [],
    approver_names: {},
    approver_roles: {},
    sinks: [],
    redact_fields: [],
  };
  const origins: Record<keyof Settings, Origin> = { ...NOT_CHOSEN };
  const chosen: Record<string, unknown> = {};
  for (const member of SETTING_NAMES) {
    const [value, origin] = choose(member, given, env, file.members) ?? [defaults[member], "default"];
    chosen[member] = value;
    origins[member] = origin;
  }
  const settings = checkSettings(chosen, cwd);
  checkAnchorSettings(settings);
  return {
    settings,
    origins,
    config_file: file.path,
  };
}

function choose(
  member: keyof Settings,
  given: Partial<Settings>,
  env: Environment,
  file: JsonObject,
): readonly [unknown, Origin] | null {
  if (given[member] !== undefined) return [given[member], "argument"];
  const variable = VARIABLES[member];
  const fromEnv = variable === undefined ? null : present(env[variable]);
  if (fromEnv !== null) return [fromEnv, "environment"];
  return file[member] === undefined ? null : [file[member], "file"];
}

function checkSettings(chosen: Readonly<Record<string, unknown>>, cwd: string): Settings {
  return {
    home: absolute(text(chosen, "home"), cwd),
    audit_log_path: absolute(text(chosen, "audit_log_path"), cwd),
    policy_file: chosen["policy_file"] === null ? null : absolute(text(chosen, "policy_file"), cwd),
    policy_watch_ms: chosen["policy_watch_ms"] === null ? null : count(chosen, "policy_watch_ms", 10, LONGEST_WATCH_MS),
    durability: durability(chosen["durability"]),
    allow_ttl_ms: count(chosen, "allow_ttl_ms", 1, LONGEST_MS),
    approval_ttl_ms: count(chosen, "approval_ttl_ms", 1, LONGEST_MS),
    rotate_bytes: count(chosen, "rotate_bytes", 65_536),
    retention_days: chosen["retention_days"] === null ? null : count(chosen, "retention_days", 1, LONGEST_DAYS),
    tlog: flag(chosen, "tlog"),
    tlog_entries: flag(chosen, "tlog_entries"),
    log_origin: origin(chosen["log_origin"]),
    heartbeat_ms: chosen["heartbeat_ms"] === null ? null : count(chosen, "heartbeat_ms", 1000, LONGEST_MS),
    anchors: texts(chosen, "anchors"),
    anchors_required: count(chosen, "anchors_required", 0),
    log_witnesses: chosen["log_witnesses"] === null ? null : absolute(text(chosen, "log_witnesses"), cwd),
    approvals_required: count(chosen, "approvals_required", 1),
    approvers: texts(chosen, "approvers"),
    approver_names: namedTexts(chosen, "approver_names"),
    approver_roles: namedLists(chosen, "approver_roles"),
    sinks: texts(chosen, "sinks"),
    redact_fields: texts(chosen, "redact_fields"),
  };
}

function configFile(env: Environment, home: string, cwd: string): { path: string | null; members: JsonObject } {
  const named = present(env["CANOPY_CONFIG"]);
  const path = named === null ? join(home, "config.json") : absolute(named, cwd);
  const bytes = readIfThere(path);
  if (bytes === null) {
    if (named === null) return { path: null, members: {} };
    throw new CanopyError("INVALID_CONFIG", `configuration file \`${path}\` can't be read`, {
      fix: "create it, or unset CANOPY_CONFIG",
    });
  }
  return { path, members: parseConfig(bytes, path) };
}

const MAX_CONFIG_BYTES = 16_777_216;

function readIfThere(path: string): string | null {
  try {
    return readRegular(path, MAX_CONFIG_BYTES).toString("utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new CanopyError("INVALID_CONFIG", `configuration file \`${path}\` can't be read`, { cause: error });
  }
}

// A configuration file says everything but where it is.
const CONFIG_MEMBERS: readonly string[] = SETTING_NAMES.filter((name) => name !== "home");

function parseConfig(content: string, path: string): JsonObject {
  let parsed: JsonValue;
  try {
    parsed = parseStrictJson(content);
  } catch (error) {
    throw new CanopyError("INVALID_CONFIG", `configuration file \`${path}\` is not strict JSON`, { cause: error });
  }
  if (!isJsonObject(parsed))
    throw new CanopyError("INVALID_CONFIG", `configuration file \`${path}\` must hold an object`);
  for (const member of Object.keys(parsed)) {
    if (CONFIG_MEMBERS.includes(member)) continue;
    throw new CanopyError("INVALID_CONFIG", `configuration file \`${path}\` has an unknown member \`${member}\``, {
      fix: `expected one of ${CONFIG_MEMBERS.join(", ")}`,
    });
  }
  return parsed;
}

function absolute(path: string, cwd: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(cwd, path);
}

function present(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

function text(chosen: Readonly<Record<string, unknown>>, member: string): string {
  const value = chosen[member];
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  throw new CanopyError("INVALID_CONFIG", `setting \`${member}\` must be a path`);
}

function flag(chosen: Readonly<Record<string, unknown>>, member: string): boolean {
  const value = chosen[member];
  if (typeof value === "boolean") return value;
  throw new CanopyError("INVALID_CONFIG", `setting \`${member}\` must be true or false`);
}

function origin(value: unknown): string | null {
  if (value === null || (typeof value === "string" && isKeyName(value))) return value;
  throw new CanopyError("INVALID_CONFIG", "setting `log_origin` must be a name without white space and `+`", {
    fix: "give one like `example.com/agents/audit`, at most 512 characters; null for `canopy/<log_id>`",
  });
}

function texts(chosen: Readonly<Record<string, unknown>>, member: string): readonly string[] {
  const value = chosen[member];
  if (Array.isArray(value) && value.every((item): item is string => typeof item === "string")) return value;
  throw new CanopyError("INVALID_CONFIG", `setting \`${member}\` must be a list of strings`);
}

function named(chosen: Readonly<Record<string, unknown>>, member: string): readonly (readonly [string, unknown])[] {
  const value = chosen[member];
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new CanopyError("INVALID_CONFIG", `setting \`${member}\` must be an object`);
}

function namedTexts(chosen: Readonly<Record<string, unknown>>, member: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    named(chosen, member).map(([name, value]) => {
      if (typeof value === "string") return [name, value];
      throw new CanopyError("INVALID_CONFIG", `setting \`${member}\` must hold a public key for \`${name}\``);
    }),
  );
}

function namedLists(chosen: Readonly<Record<string, unknown>>, member: string): Settings["approver_roles"] {
  return Object.fromEntries(named(chosen, member).map(([name, value]) => [name, texts({ [name]: value }, name)]));
}

// A hundred years: beyond the dates that a clock can tell, every decision would fail.
const LONGEST_DAYS = 36_525;
const LONGEST_WATCH_MS = 86_400_000;
const LONGEST_MS = LONGEST_DAYS * 86_400_000;

function count(
  chosen: Readonly<Record<string, unknown>>,
  member: string,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  const value = chosen[member];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = value !== null && Number(value) > most ? `at most ${most}` : `at least ${least}`;
  throw new CanopyError("INVALID_CONFIG", `setting \`${member}\` must be a whole number of ${range}`);
}

function durability(value: unknown): Durability {
  if (value === "sync" || value === "batch" || value === "none") return value;
  throw new CanopyError("INVALID_CONFIG", "setting `durability` must be `sync`, `batch` or `none`", {
    fix: "leave CANOPY_DURABILITY unset for `sync`",
  });
}
