// `canopy policy lock`: the hashes of what policies include, written where they are pinned.

import { counted } from "canopy-runtime/counted";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createRuntime } from "canopy-runtime";
import { CanopyError, EXIT } from "canopy-runtime/errors";
import {
  isPolicyPackName,
  lintPolicy,
  lockIncludes,
  policyPack,
  type IncludeName,
  type LockedPolicy,
} from "canopy-runtime/policy";
import { defineCommand, JSON_FLAG, type CliCommand } from "../../define-command.ts";
import type { Io } from "../../io.ts";
import { readWhole } from "../../read-input.ts";
import { replaceFile } from "../../replace-file.ts";
import { terminalJsonPretty, terminalText } from "../../terminal-text.ts";

type Flags = { readonly json: boolean; readonly check: boolean };

const LIMIT_BYTES = 16_777_216;

/** The command. */
export const lock: CliCommand = defineCommand<Flags, string[]>({
  brief: "Write the hashes of what a policy includes",
  description: [
    "A policy includes others by content: `sha256` says which. Writes it for each include whose content changed, or that has none yet, and touches nothing else of the file. Look at what changed before you lock it: from then on it is in force.",
    "Of policies that include each other, lock the innermost first.",
  ],
  examples: [
    { command: "canopy policy lock policy.yaml", does: "pin what it includes as it is now" },
    { command: "canopy policy lock --check policy.yaml", does: "in CI: exit 1 when an include changed" },
  ],
  exits: [
    [0, "locked; with --check, nothing changed"],
    [1, "with --check, an include changed"],
    [2, "a policy or what it includes could not be read, or does not load"],
  ],
  parameters: {
    flags: {
      json: JSON_FLAG,
      check: { kind: "boolean", default: false, withNegated: false, brief: "Write nothing, and say what changed" },
    },
    positional: { kind: "array", minimum: 1, parameter: { brief: "Policy", placeholder: "FILE", parse: String } },
  },
  run: async (io, { json, check }, ...paths) => {
    const told: object[] = [];
    let changed = 0;
    for (const path of paths) {
      const { includes } = await lockFile(path, io, check);
      const stale = includes.filter(({ was, sha256 }) => was !== sha256);
      changed += stale.length;
      told.push({ path, includes });
      if (json) continue;
      for (const { pack, file, sha256 } of stale) {
        io.out(`${terminalText(path)}  ${terminalText(pack ?? file ?? "")}  ${sha256}\n`);
      }
    }
    if (json) io.out(`${terminalJsonPretty({ changed, files: told })}\n`);
    else say(io, changed, check);
    return check && changed > 0 ? EXIT.no : EXIT.yes;
  },
});

async function lockFile(path: string, io: Io, check: boolean): Promise<LockedPolicy> {
  const was = await readWhole(path, io, LIMIT_BYTES);
  refuseUnreadable(path, was);
  const absolute = resolve(io.cwd, path);
  const locked = lockIncludes(Buffer.from(was).toString("utf8"), (include) => hashOf(include, absolute));
  if (check) return locked;
  if (path === "-") {
    throw new CanopyError("USAGE", "a policy on standard input includes no files", { fix: "name a file" });
  }
  if (locked.includes.some((each) => each.was !== each.sha256)) replaceFile(absolute, was, locked.text);
  // What is included may include what changed, or may not load.
  createRuntime({ policy_file: absolute, env: io.env });
  return locked;
}

// A missing or wrong hash is what this is for; anything else is to be mended first.
function refuseUnreadable(path: string, bytes: Uint8Array): void {
  const wrong = lintPolicy(bytes, path).find(({ refused, code }) => refused && code !== "bad_hash");
  if (wrong === undefined || (wrong.code === "missing_key" && wrong.message.includes("`sha256`"))) return;
  const at = `${path}:${wrong.line}:${wrong.col}`;
  throw new CanopyError("INVALID_POLICY", `${at}: ${wrong.message}`, {
    at,
    ...(wrong.fix === undefined ? {} : { fix: wrong.fix }),
  });
}

function hashOf({ pack, file }: IncludeName, policy: string): string {
  return createHash("sha256").update(contentOf({ pack, file }, policy)).digest("hex");
}

function contentOf({ pack, file }: IncludeName, policy: string): Uint8Array | string {
  if (pack !== null) {
    if (isPolicyPackName(pack)) return policyPack(pack);
    throw new CanopyError("INVALID_POLICY", `${policy}: there is no pack \`${pack}\``, { at: policy });
  }
  const path = join(dirname(policy), file ?? "");
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CanopyError("FILE_UNUSABLE", `\`${path}\`, which \`${policy}\` includes, can't be read`, { cause });
  }
}

function say(io: Io, changed: number, check: boolean): void {
  const { good, bad } = io.errStyle;
  if (changed === 0) io.err(`${good("ok")}: nothing changed\n`);
  else if (!check) io.err(`${good("ok")}: ${counted(changed, "hash", "hashes")} written\n`);
  else io.err(`${bad("not ok")}: ${changed} changed; look at them, then \`canopy policy lock\` writes the hashes\n`);
}
