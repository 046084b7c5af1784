// What a policy may ask of each kind of effect: the attributes, and the values they can have.
//
// A policy that names an attribute or a value that no effect ever has would be silently inert, so both are checked
// against this table when it loads.

import type { EffectKind } from "../../effects/effect.ts";

/** The type of an attribute: `text` folds case; `texts` is several; a list is closed; `…?` can also be `none`. */
export type AttributeType = "text" | "text?" | "texts" | "number?" | "boolean" | readonly string[];

/** Attributes by dotted name. */
export type AttributeTypes = Readonly<Record<string, AttributeType>>;

const PATH: AttributeTypes = {
  "target.path": "text?",
  "target.text": "text",
  "target.zone": [
    "root",
    "system",
    "others",
    "home",
    "in_home",
    "cwd",
    "inside",
    "temp",
    "outside",
    "null_device",
    "device",
    "unresolved",
  ],
  "target.glob": "boolean",
  "target.secret": "text?",
  "target.governance": ["in_force", "by_name", "none"],
  "target.persistence": "text?",
};

const HOST: AttributeTypes = {
  "host.host": "text?",
  "host.text": "text",
  "host.class": ["public", "loopback", "private", "internal_name", "metadata", "invalid", "unresolved"],
  "host.port": "number?",
  "host.domain": "text?",
  // Of the agent, not of the effect: whether the host is one of its trusted domains.
  trusted: "boolean",
};

const HOST_AREAS = [
  "firewall",
  "users",
  "kernel",
  "boot",
  "power",
  "service",
  "mount",
  "clock",
  "logging",
  "network",
  "disk",
  "security",
  "other",
] as const;

const TOPICS = [
  "self_harm",
  "explosives",
  "child_abuse",
  "bio_weapon",
  "nuclear_weapon",
  "chemical_weapon",
  "violence",
] as const;

const ATTRIBUTES: Readonly<Record<EffectKind, AttributeTypes>> = {
  "exec.program": { program: "text", known: "boolean", args: "texts" },
  "exec.unresolved": { part: ["program", "code", "target", "host", "process"] },
  "exec.obfuscated": { how: ["decoded", "downloaded", "reversed", "generated", "hidden"] },
  "exec.unparsed": { problem: "text" },
  "exec.injected": { variable: "text" },
  "fs.read": PATH,
  "fs.write": { ...PATH, mode: ["create", "append", "truncate", "change"], fresh: "boolean" },
  "fs.delete": { ...PATH, recursive: "boolean", moved: "boolean" },
  "fs.permission": {
    ...PATH,
    recursive: "boolean",
    change: ["setuid", "world", "owner", "acl", "attribute", "other"],
  },
  "device.write": PATH,
  "device.read": PATH,
  "secret.read": { secret: "text", from: "text" },
  "secret.send": { secret: "text", ...HOST },
  "net.connect": { ...HOST, sends: "boolean", origin: ["action", "shell"], scheme: "text?" },
  "net.listen": { port: "number?" },
  "net.shell": { direction: ["reverse", "bind"], ...HOST },
  "privilege.raise": { how: "text" },
  "persist.install": { where: "text" },
  "process.kill": { scope: ["one", "many", "all", "system"], text: "text" },
  "host.change": { area: HOST_AREAS, detail: "text", destructive: "boolean" },
  "package.install": { manager: "text", system: "boolean", declared: "boolean" },
  "resource.exhaust": { how: "text" },
  "infra.change": { system: "text", operation: "text", destructive: "boolean", count: "number?" },
  "container.escape": { how: "text" },
  "db.statement": { operation: ["read", "write", "schema", "wipe", "admin", "unknown"] },
  "vcs.discard": { operation: "text", remote: "boolean" },
  publish: { to: "text" },
  "trace.erase": { what: "text" },
  "money.move": { currency: "text?", problem: "text?" },
  "message.send": { channel: "text", recipients: "number?", bulk: "boolean" },
  "agent.spawn": { requested: "texts" },
  "deploy.release": { target: "text" },
  "physical.act": { device: "text" },
  "mining.run": { program: "text" },
  "security.use": { tool: "text", level: ["scan", "attack"] },
  "compute.heavy": { what: "text", quantity: "number?" },
  "govern.command": { command: "text" },
  "content.harm": { topic: TOPICS, stance: ["instruct", "mention"] },
  "personal.data": { types: "texts" },
  "other.change": {},
};

/** What a policy may ask of every effect of the class `outgoing`; a host that an effect doesn't have is `none`. */
const OUTGOING: AttributeTypes = HOST;

/** What an effect test may name: a kind, or the class of all by which data can leave. */
export type EffectClass = EffectKind | "outgoing";

/** Every kind of effect a policy may name. */
export const EFFECT_KINDS: readonly EffectKind[] = Object.keys(ATTRIBUTES).filter(isEffectKind);

/** Whether a name is a kind of effect. */
export function isEffectKind(name: string): name is EffectKind {
  return Object.hasOwn(ATTRIBUTES, name);
}

/**
 * The attributes of a kind of effect. Each has `via`: the program, field or construct that it was read from. Those with
 * a host have `trusted`: whether it is one of the agent's `trusted_domains`.
 */
export function attributesOf(kind: EffectClass): AttributeTypes {
  const own = kind === "outgoing" ? OUTGOING : ATTRIBUTES[kind];
  return { via: "text", ...own };
}
