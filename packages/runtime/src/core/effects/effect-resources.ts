// What an action would touch, as names that can be looked for later: `kind:target`, one for each effect and one for the
// tool. The log carries keys made of them (ledger/entry-index/resource-key.ts), never the names.
//
//   net.connect:evil.example.com    fs.delete:/srv/data    exec.program:curl    tool:executeshell
//
// `unresolved` says that this is not all: more than 64, a target that can't be known from the text, that stands for others (patterns,
// whole folders, paths that aren't absolute), or a program that may do anything.

import type { Effect, HostTarget, PathTarget } from "./effect.ts";
import { classifyHost } from "./host.ts";
import { foldName } from "./text.ts";

/** The resources of an action. */
export interface EffectResources {
  /** `kind:target`, without repetitions; at most 64. */
  readonly names: readonly string[];
  readonly unresolved: boolean;
}

/** What one effect concerns; null where it can't be known, `all` false where it isn't all. */
interface Target {
  readonly target: string | null;
  readonly all: boolean;
}

/** The most names that an action has; of one with more, the first, and it counts as unresolved. */
const MAX_RESOURCES = 64;

/** The resources of an action's effects, and its tool's name. Cost: linear. */
export function effectResources(effects: readonly Effect[], tool: string): EffectResources {
  const names = [`tool:${foldName(tool)}`];
  let unresolved = false;
  for (const effect of effects) {
    const { target, all } = targetOf(effect);
    if (target === null || !all) unresolved = true;
    if (target === null) continue;
    const name = `${effect.kind}:${target}`;
    if (names.includes(name)) continue;
    if (names.length < MAX_RESOURCES) names.push(name);
    else unresolved = true;
  }
  return { names, unresolved };
}

/**
 * A resource's name in the form that effects have it, from what a person typed: hosts in canonical form, absolute paths
 * without `.`, `..` and doubled slashes, tools folded. Null when it is no name of a resource.
 */
export function resourceName(text: string): string | null {
  const [, kind = "", written = ""] = /^([a-z]+(?:\.[a-z]+)?):(.*)$/su.exec(text) ?? [];
  const target = kind === "" ? null : normalTarget(kind, written.trim());
  return target === null ? null : `${kind}:${target}`;
}

function normalTarget(kind: string, written: string): string | null {
  if (HOST_KINDS.has(kind)) return classifyHost(written).host;
  if (/^(?:fs|device)\./u.test(kind)) return written.startsWith("/") ? normalPath(written) : null;
  if (kind === "tool") return foldName(written) || null;
  return written;
}

const HOST_KINDS: ReadonlySet<string> = new Set(["net.connect", "net.shell", "secret.send"]);

function normalPath(written: string): string {
  const steps: string[] = [];
  for (const step of written.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "" && step !== ".") steps.push(step);
  }
  return `/${steps.join("/")}`;
}

function targetOf(effect: Effect): Target {
  switch (effect.kind) {
    case "exec.program":
      return { target: effect.program, all: effect.known };
    case "exec.unresolved":
    case "exec.obfuscated":
    case "exec.unparsed":
    case "exec.injected":
      return { target: null, all: false };
    case "fs.read":
    case "fs.write":
    case "device.write":
    case "device.read":
      return ofPath(effect.target, false);
    case "fs.delete":
    case "fs.permission":
      return ofPath(effect.target, effect.recursive);
    case "net.connect":
    case "secret.send":
      return ofHost(effect.host);
    case "net.shell":
      return effect.host === null ? { target: null, all: false } : ofHost(effect.host);
    case "net.listen":
      return whole(effect.port === null ? null : String(effect.port));
    default:
      return whole(otherTarget(effect));
  }
}

type Named = Exclude<
  Effect,
  { readonly kind: `exec.${string}` | `fs.${string}` | `device.${string}` | `net.${string}` | "secret.send" }
>;

/** The member that says best what it is about; empty where there is none. */
function otherTarget(effect: Named): string {
  switch (effect.kind) {
    case "secret.read":
      return effect.secret;
    case "privilege.raise":
    case "resource.exhaust":
    case "container.escape":
      return effect.how;
    case "persist.install":
      return effect.where;
    case "process.kill":
      return effect.scope;
    case "host.change":
      return effect.area;
    case "package.install":
      return effect.manager;
    case "infra.change":
      return effect.system;
    case "db.statement":
    case "vcs.discard":
      return effect.operation;
    case "publish":
      return effect.to;
    case "trace.erase":
    case "compute.heavy":
      return effect.what;
    case "money.move":
      return effect.currency ?? "USD";
    case "message.send":
      return effect.channel;
    case "deploy.release":
      return effect.target;
    case "physical.act":
      return effect.device;
    case "mining.run":
      return effect.program;
    case "security.use":
      return effect.tool;
    case "govern.command":
      return effect.command;
    case "content.harm":
      return effect.topic;
    case "personal.data":
      return effect.types.join("+");
    case "agent.spawn":
    case "other.change":
      return "";
    default: {
      const never: never = effect;
      return never;
    }
  }
}

function whole(target: string | null): Target {
  return { target, all: target !== null };
}

/** A path's end in a slash says no more than the path does. */
function ofPath({ path, glob, zone }: PathTarget, recursive: boolean): Target {
  if (path === null) return { target: null, all: false };
  const all = path.startsWith("/") && !glob && !recursive && zone !== "unresolved";
  return { target: path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path, all };
}

function ofHost({ host }: HostTarget): Target {
  return { target: host, all: host !== null };
}
