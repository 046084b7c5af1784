// An effect in words: what the action was understood to do, one line, raw (make it safe before showing it).

import type { Effect, EffectNamed, HostTarget, PathTarget } from "../core/effects/effect.ts";
import { OPAQUE } from "../core/effects/shell/value.ts";

const ZONES: Readonly<Record<PathTarget["zone"], string>> = {
  root: "the whole file system",
  system: "a system place",
  others: "another user's place",
  home: "the whole home folder",
  in_home: "in the home folder",
  cwd: "the whole working folder",
  inside: "in the working folder",
  temp: "in the temporary folder",
  outside: "outside the working folder",
  null_device: "a harmless device",
  device: "a raw device",
  unresolved: "unknown from the text",
};

/**
 * An effect in words, such as `deletes / and all below it (the whole file system)`. A piece of a name that can't be
 * known stands as `…`.
 */
export function effectText(effect: Effect): string {
  return effectInWords(effect).replaceAll(OPAQUE, "…");
}

function effectInWords(effect: Effect): string {
  switch (effect.kind) {
    case "exec.program":
      return `runs ${[effect.program, ...effect.args.map((each) => each ?? "?")].join(" ")}${effect.known ? "" : " (unknown program)"}`;
    case "exec.unresolved":
      return `depends on something unknown, the ${effect.part}${told(effect.text)}`;
    case "exec.obfuscated":
      return `runs ${effect.how} text as code${told(effect.text)}`;
    case "exec.unparsed":
      return `can't be understood: ${effect.problem}`;
    case "exec.injected":
      return `makes other programs load foreign code through ${effect.variable}`;
    default:
      return effectOnPlaces(effect);
  }
}

type Beyond<Seen extends Effect["kind"]> = Exclude<Effect, { readonly kind: Seen }>;
type Exec = "exec.program" | "exec.unresolved" | "exec.obfuscated" | "exec.unparsed" | "exec.injected";

function effectOnPlaces(effect: Beyond<Exec>): string {
  switch (effect.kind) {
    case "fs.read":
      return `reads ${placeText(effect.target)}`;
    case "fs.write":
      return `${WRITES[effect.mode]} ${placeText(effect.target)}`;
    case "fs.delete":
      return `deletes ${placeText(effect.target, effect.recursive ? " and all below it" : "")}`;
    case "fs.permission":
      return `changes who may use ${placeText(effect.target, effect.recursive ? " and all below it" : "")} [${effect.change}]`;
    case "device.write":
      return `overwrites the raw device ${placeText(effect.target)}`;
    case "device.read":
      return `reads the raw device ${placeText(effect.target)}`;
    case "secret.read":
      return `reads a secret (${effect.secret}) from ${effect.from}`;
    case "trace.erase":
      return `erases traces: ${effect.what}`;
    case "persist.install":
      return `arranges to run again later: ${effect.where}`;
    default:
      return effectOnSystems(effect);
  }
}

type Places =
  | "fs.read"
  | "fs.write"
  | "fs.delete"
  | "fs.permission"
  | "device.write"
  | "device.read"
  | "secret.read"
  | "trace.erase"
  | "persist.install";

function effectOnSystems(effect: Beyond<Exec | Places>): string {
  switch (effect.kind) {
    case "secret.send":
      return `sends a secret (${effect.secret}) to ${hostText(effect.host)}`;
    case "net.connect":
      return `${effect.sends ? "sends data to" : "connects to"} ${hostText(effect.host)}`;
    case "net.listen":
      return `listens on ${effect.port === null ? "an unknown port" : `port ${effect.port}`}`;
    case "net.shell":
      return `gives a ${effect.direction} shell to ${effect.host === null ? "the network" : hostText(effect.host)}`;
    case "privilege.raise":
      return `raises its privileges: ${effect.how}`;
    case "process.kill":
      return `stops ${effect.scope === "one" ? "a process" : `${effect.scope} processes`}: ${effect.text}`;
    case "host.change":
      return `changes this machine (${effect.area}): ${effect.detail}`;
    case "package.install":
      return `installs packages with ${effect.manager}${effect.system ? " for the whole system" : ""}`;
    case "resource.exhaust":
      return `exhausts resources: ${effect.how}`;
    case "infra.change":
      return `changes infrastructure (${effect.system}): ${effect.operation}`;
    case "container.escape":
      return `reaches out of a container: ${effect.how}`;
    case "vcs.discard":
      return `discards work in version control: ${effect.operation}`;
    case "publish":
      return `publishes to ${effect.to}`;
    default:
      return effectOnPeople(effect);
  }
}

type Systems =
  | "secret.send"
  | "net.connect"
  | "net.listen"
  | "net.shell"
  | "privilege.raise"
  | "process.kill"
  | "host.change"
  | "package.install"
  | "resource.exhaust"
  | "infra.change"
  | "container.escape"
  | "vcs.discard"
  | "publish";

function effectOnPeople(effect: Beyond<Exec | Places | Systems>): string {
  switch (effect.kind) {
    case "db.statement":
      return `database ${effect.operation}: ${effect.text}`;
    case "money.move":
      return effect.amount === null
        ? `moves money, amount unknown: ${effect.problem ?? "not given"}`
        : `moves money: ${effect.amount} ${effect.currency ?? "USD"}`;
    case "message.send":
      return `sends ${effect.bulk ? "a bulk message" : "a message"} by ${effect.channel}`;
    case "agent.spawn":
      return "starts another agent";
    case "deploy.release":
      return `deploys to ${effect.target}`;
    case "physical.act":
      return `acts on the physical world: ${effect.device}`;
    case "mining.run":
      return `mines currency with ${effect.program}`;
    case "security.use":
      return `uses a security tool (${effect.level}): ${effect.tool}`;
    case "compute.heavy":
      return `uses much compute: ${effect.what}`;
    case "govern.command":
      return `touches Canopy's own governance: ${effect.command}`;
    case "content.harm":
      return `${effect.stance === "instruct" ? "instructs harm" : "mentions harm"}: ${effect.topic}`;
    case "personal.data":
      return `holds personal data: ${effect.types.join(", ")}`;
    case "other.change":
      return "changes something there is no word for";
    default:
      return unknownEffect(effect);
  }
}

function told(text: string): string {
  return text === "" ? "" : `: ${text}`;
}

/** A kind this version does not know; a newer runtime may send one. */
function unknownEffect(effect: never): string {
  const { kind }: { readonly kind?: unknown } = effect;
  return typeof kind === "string" ? kind : "unknown effect";
}

const WRITES: Readonly<Record<EffectNamed<"fs.write">["mode"], string>> = {
  create: "writes",
  append: "appends to",
  truncate: "empties",
  change: "edits",
};

function placeText(target: PathTarget, more = ""): string {
  const notes = [ZONES[target.zone]];
  if (target.secret !== null) notes.push(`secret: ${target.secret}`);
  if (target.governance !== null) notes.push("governance");
  if (target.persistence !== null) notes.push(`start-up: ${target.persistence}`);
  return `${target.path ?? target.text}${more} (${notes.join(", ")})`;
}

function hostText(host: HostTarget): string {
  const port = host.port === null ? "" : `:${host.port}`;
  return `${host.host ?? host.text}${port} (${host.class.replaceAll("_", " ")})`;
}
