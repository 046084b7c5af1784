// The vocabulary of effects: what an action would do if it ran, in terms that every layer reads.
//
// An effect is a plain fact about the world, never a judgement: `fs.delete` of `/` is not "bad" here, it is
// what `rm -rf /`, `find / -delete` and `shutil.rmtree("/")` all mean. Rules judge; effects describe.
// Each effect names what it was read from in `via`, so that a person can see why.

import type { JsonObject } from "../json.ts";

/** Where a path lies, seen from the action's working folder. Decided by `resolvePath` (path.ts). */
export type PathZone =
  /** `/` itself, a drive root, or everything in it. */
  | "root"
  /** A folder of the operating system (`/etc`, `/usr`, `/boot`, `C:\Windows` …) or below it. */
  | "system"
  /** Another place that belongs to another user, or `/home`, `/Users` themselves. */
  | "others"
  /** The user's home folder itself. */
  | "home"
  /** Below the user's home folder, outside the working folder. */
  | "in_home"
  /** The working folder itself, or everything in it. */
  | "cwd"
  /** A strict descendant of the working folder. */
  | "inside"
  /** `/tmp`, `/var/tmp`, `$TMPDIR` and below. */
  | "temp"
  /** Any other absolute place, or above the working folder. */
  | "outside"
  /** `/dev/null`, `/dev/stdout`, … : harmless devices. */
  | "null_device"
  /** Block, memory and other raw devices. */
  | "device"
  /** Could not be resolved to a place. */
  | "unresolved";

/** A place in the file system that an effect concerns. */
export interface PathTarget {
  /** Normalised POSIX path: absolute, `~/…`, or `./…` relative to an unknown working folder. Null when unresolved. */
  readonly path: string | null;
  /** As it was written. */
  readonly text: string;
  readonly zone: PathZone;
  /** A pattern that may stand for many entries. */
  readonly glob: boolean;
  /** What kind of secret lives there, if the path is known to hold one (`ssh_key`, `cloud_credentials`, `password_hashes`, …). */
  readonly secret: string | null;
  /** `in_force`: a governance file known to be in use here; `by_name`: a name that merely matches. */
  readonly governance: "in_force" | "by_name" | null;
  /** What running code reads at start-up or login, if the path is such a place (`shell_rc`, `cron`, `systemd`, `git_hook`, …). */
  readonly persistence: string | null;
}

/** How a host is classed. Decided by `classifyHost` (host.ts). */
export type HostClass =
  /** Globally routable address or public name. */
  | "public"
  /** This machine: loopback, `localhost`, `0.0.0.0`, `::`. */
  | "loopback"
  /** Private, link-local, carrier-grade, multicast, reserved and other non-public ranges. */
  | "private"
  /** Names that only resolve inside: `.local`, `.internal`, `home.arpa`, single labels. */
  | "internal_name"
  /** A cloud metadata service, by address or name. */
  | "metadata"
  /** Not a host that can be understood. */
  | "invalid"
  /** Not resolvable from the text (a variable, a substitution). */
  | "unresolved";

/** A host that an effect concerns. */
export interface HostTarget {
  /** Canonical host: lower case, no trailing dot, IP addresses in canonical form, IDN as ASCII. Null when unresolved or invalid. */
  readonly host: string | null;
  /** As it was written. */
  readonly text: string;
  readonly class: HostClass;
  readonly port: number | null;
  /** Registrable domain (`example.co.uk`), or null for addresses and internal names. */
  readonly domain: string | null;
  /**
   * False when the URL's spelling keeps a trusted name from being relied on: a user before the host, an unencrypted
   * scheme, a foreign port, characters that parsers disagree on. Absent: plainly written.
   */
  readonly plain?: false;
}

/** What could not be resolved, where it decides the effect (docs/effects.md). */
export type UnresolvedPart = "program" | "code" | "target" | "host" | "process";

interface EffectOf<Kind extends string> {
  readonly kind: Kind;
  /** Program, field or construct that it was read from: `rm`, `payload.url`, `redirection`. */
  readonly via: string;
}

/**
 * A program is run. One for each simple command. `known: false` when there is no row for it, or when it is named by a
 * path outside the folders that programs are installed in: `./ls` need not be `ls`.
 */
export interface ExecProgram extends EffectOf<"exec.program"> {
  readonly program: string;
  readonly known: boolean;
  /** Resolved arguments, as far as they are; unresolved ones are `null`. */
  readonly args: readonly (string | null)[];
}
/** Something that decides the effect is not knowable from the text. */
export interface ExecUnresolved extends EffectOf<"exec.unresolved"> {
  readonly part: UnresolvedPart;
  readonly text: string;
}
/** Decoded, reversed, downloaded or otherwise hidden text is run as code, whatever it says. */
export interface ExecObfuscated extends EffectOf<"exec.obfuscated"> {
  readonly how: "decoded" | "downloaded" | "reversed" | "generated" | "hidden";
  readonly text: string;
}
/** The text could not be parsed, holds control characters, or is over a limit. */
export interface ExecUnparsed extends EffectOf<"exec.unparsed"> {
  readonly problem: string;
}
/** A loader or interpreter variable that makes other programs run foreign code (`LD_PRELOAD`, `BASH_ENV`, …) is set. */
export interface ExecInjected extends EffectOf<"exec.injected"> {
  readonly variable: string;
}

export interface FsRead extends EffectOf<"fs.read"> {
  readonly target: PathTarget;
}
export interface FsWrite extends EffectOf<"fs.write"> {
  readonly target: PathTarget;
  /** `change` edits in place, `create` makes or replaces, `append` adds, `truncate` empties. */
  readonly mode: "create" | "append" | "truncate" | "change";
  /** The program fails where something stands already (`mkdir`, `ln` without `-f`): nothing is replaced. */
  readonly fresh?: boolean;
}
export interface FsDelete extends EffectOf<"fs.delete"> {
  readonly target: PathTarget;
  readonly recursive: boolean;
  /** The entry leaves its place but goes on elsewhere (`mv`): nothing in it is lost. */
  readonly moved?: boolean;
}
export interface FsPermission extends EffectOf<"fs.permission"> {
  readonly target: PathTarget;
  readonly recursive: boolean;
  /** `setuid`: set-user-id or capabilities; `world`: writable by everybody; `owner`; `acl`; `other`. */
  readonly change: "setuid" | "world" | "owner" | "acl" | "attribute" | "other";
}
/** Raw bytes are written to, or structures created on, a device that is not harmless. */
export interface DeviceWrite extends EffectOf<"device.write"> {
  readonly target: PathTarget;
}
/** Raw bytes are read from a device that is not harmless. */
export interface DeviceRead extends EffectOf<"device.read"> {
  readonly target: PathTarget;
}

/** A secret's value is read: from a file, the environment, a keychain or a secret store. */
export interface SecretRead extends EffectOf<"secret.read"> {
  readonly secret: string;
  readonly from: string;
}
/** A secret reaches the network within the same action. */
export interface SecretSend extends EffectOf<"secret.send"> {
  readonly secret: string;
  readonly host: HostTarget;
}

export interface NetConnect extends EffectOf<"net.connect"> {
  readonly host: HostTarget;
  /** Whether data is sent beyond a plain request (body, upload, piped input). */
  readonly sends: boolean;
  /** `action` for a network action, `shell` for a program. EFFECTS 6 treats them differently. */
  readonly origin: "action" | "shell";
  readonly scheme: string | null;
}
export interface NetListen extends EffectOf<"net.listen"> {
  readonly port: number | null;
}
/** An interactive shell is given to the network, in either direction. */
export interface NetShell extends EffectOf<"net.shell"> {
  readonly direction: "reverse" | "bind";
  readonly host: HostTarget | null;
}

export interface PrivilegeRaise extends EffectOf<"privilege.raise"> {
  readonly how: string;
}
/** Something is arranged to run later or at login, start-up, or on events. */
export interface PersistInstall extends EffectOf<"persist.install"> {
  readonly where: string;
}
export interface ProcessKill extends EffectOf<"process.kill"> {
  /** `one` named process, `many` by pattern, `all` the caller may signal, `system` process 1 or kernel. */
  readonly scope: "one" | "many" | "all" | "system";
  readonly text: string;
}
/** The host's own configuration changes. */
export interface HostChange extends EffectOf<"host.change"> {
  readonly area:
    | "firewall"
    | "users"
    | "kernel"
    | "boot"
    | "power"
    | "service"
    | "mount"
    | "clock"
    | "logging"
    | "network"
    | "disk"
    | "security"
    | "other";
  readonly detail: string;
  /** Whether it destroys or disables, rather than adjusts. */
  readonly destructive: boolean;
}
export interface PackageInstall extends EffectOf<"package.install"> {
  readonly manager: string;
  /** Whether it changes the system, rather than a project folder. */
  readonly system: boolean;
  /** Only what the project's own files list is brought in: no package is named in the call. */
  readonly declared?: true;
}
/** Resources are exhausted: fork bombs, endless writes, memory. */
export interface ResourceExhaust extends EffectOf<"resource.exhaust"> {
  readonly how: string;
}
/** Infrastructure outside this machine changes (cloud, cluster, container host). */
export interface InfraChange extends EffectOf<"infra.change"> {
  readonly system: string;
  readonly operation: string;
  readonly destructive: boolean;
  /** How many units are created, when mass creation is asked for; null when not stated. */
  readonly count: number | null;
}
/** A container or namespace reaches the host (privileged, host mounts, docker socket). */
export interface ContainerEscape extends EffectOf<"container.escape"> {
  readonly how: string;
}
export interface DbStatement extends EffectOf<"db.statement"> {
  /** `wipe`: drop, truncate, or change without a condition; `admin`: grants, users, settings, server files and programs. */
  readonly operation: "read" | "write" | "schema" | "wipe" | "admin" | "unknown";
  readonly text: string;
}
/** Version control loses work: forced push, hard reset, forced clean, history rewrite. */
export interface VcsDiscard extends EffectOf<"vcs.discard"> {
  readonly operation: string;
  /** Whether a shared remote is concerned. */
  readonly remote: boolean;
}
/** Something is published to others: package registries, releases, pushes. */
export interface Publish extends EffectOf<"publish"> {
  readonly to: string;
}
/** Traces are removed: shell history, system logs, audit trails. */
export interface TraceErase extends EffectOf<"trace.erase"> {
  readonly what: string;
}

export interface MoneyMove extends EffectOf<"money.move"> {
  /** Exact decimal in units of the currency (`"12.50"`); null when no usable amount could be read. */
  readonly amount: string | null;
  /** ISO 4217 code or asset ticker; null when none was given (then it is read as USD). */
  readonly currency: string | null;
  /** Why the amount is not usable, when it is not. */
  readonly problem: string | null;
}
export interface MessageSend extends EffectOf<"message.send"> {
  readonly channel: string;
  /** Count of recipients; null when it can't be told. */
  readonly recipients: number | null;
  readonly bulk: boolean;
}
export interface AgentSpawn extends EffectOf<"agent.spawn"> {
  /** Permissions asked for the new agent; null when they are not a readable list. */
  readonly requested: readonly string[] | null;
}
export interface DeployRelease extends EffectOf<"deploy.release"> {
  readonly target: string;
}
export interface PhysicalAct extends EffectOf<"physical.act"> {
  readonly device: string;
}
export interface MiningRun extends EffectOf<"mining.run"> {
  readonly program: string;
}
/** Security tooling: `scan` probes and testing tools, `attack` denial of service, ransomware, credential attacks. */
export interface SecurityUse extends EffectOf<"security.use"> {
  readonly tool: string;
  readonly level: "scan" | "attack";
}
export interface ComputeHeavy extends EffectOf<"compute.heavy"> {
  readonly what: string;
  readonly quantity: number | null;
}
/** Canopy's own governance is touched by a command (approve, sign, configure, stop). Files carry `governance` in their target. */
export interface GovernCommand extends EffectOf<"govern.command"> {
  readonly command: string;
}
/** Text that leaves, or is written, speaks of harm (content laws, EFFECTS 4). */
export interface ContentHarm extends EffectOf<"content.harm"> {
  readonly topic:
    | "self_harm"
    | "explosives"
    | "child_abuse"
    | "bio_weapon"
    | "nuclear_weapon"
    | "chemical_weapon"
    | "violence";
  /** `instruct`: instruction or encouragement of harm; `mention`: the bare topic. */
  readonly stance: "instruct" | "mention";
}
/** Personal data stands in outgoing text. */
export interface PersonalData extends EffectOf<"personal.data"> {
  readonly types: readonly ("email" | "us_ssn" | "payment_card" | "iban" | "phone")[];
}
/** A changing verb on something there is no better word for. */
export interface OtherChange extends EffectOf<"other.change"> {
  readonly detail: JsonObject;
}

/** What an action would do. */
export type Effect =
  | ExecProgram
  | ExecUnresolved
  | ExecObfuscated
  | ExecUnparsed
  | ExecInjected
  | FsRead
  | FsWrite
  | FsDelete
  | FsPermission
  | DeviceWrite
  | DeviceRead
  | SecretRead
  | SecretSend
  | NetConnect
  | NetListen
  | NetShell
  | PrivilegeRaise
  | PersistInstall
  | ProcessKill
  | HostChange
  | PackageInstall
  | ResourceExhaust
  | InfraChange
  | ContainerEscape
  | DbStatement
  | VcsDiscard
  | Publish
  | TraceErase
  | MoneyMove
  | MessageSend
  | AgentSpawn
  | DeployRelease
  | PhysicalAct
  | MiningRun
  | SecurityUse
  | ComputeHeavy
  | GovernCommand
  | ContentHarm
  | PersonalData
  | OtherChange;

/** The name of a kind of effect. */
export type EffectKind = Effect["kind"];

/** The effect type of one kind. */
export type EffectNamed<Kind extends EffectKind> = Extract<Effect, { readonly kind: Kind }>;

/** The effects of one kind, in order. */
export function effectsOf<Kind extends EffectKind>(
  effects: readonly Effect[],
  kind: Kind,
): readonly EffectNamed<Kind>[] {
  return effects.filter((effect): effect is EffectNamed<Kind> => effect.kind === kind);
}
