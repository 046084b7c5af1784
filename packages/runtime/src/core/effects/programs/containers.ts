// Containers: running, entering and destroying them, and ways out to the host.

import type { Effect } from "../effect.ts";
import { copied } from "./container-copy.ts";
import { DOCKER_GLOBAL as GLOBAL, DOCKER_RUN as RUN } from "./container-options.ts";
import { connects, nested, NOTHING, reads, readsSecret, result, stream, writes } from "./describe.ts";
import { infra } from "./infra-change.ts";
import { inside } from "./inside-container.ts";
import { has, literal, type Options, parseOptions, shape, tail, valueOf, valuesOf } from "./options.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** Rows of containers. */
export const CONTAINERS: readonly ProgramRow[] = [
  row(
    "docker podman nerdctl ctr crictl buildah finch docker-compose podman-compose lima limactl colima singularity apptainer",
    "https://docs.docker.com/reference/cli/docker/",
    docker,
  ),
  row(
    "skopeo crane regctl oras dive img kaniko cosign trivy grype syft hadolint dockle docker-slim",
    "https://github.com/containers/skopeo",
    (call) => {
      const o = parseOptions(call.args, SCANNER);
      const verb = o.operands[0]?.value ?? "";
      if (/^(copy|push|cp|append|mutate|tag|sign|attest|attach|delete|sync)$/.test(verb))
        return result([{ kind: "publish", via: call.name, to: "container registry" }]);
      const fetches = call.name === "crane" && /^(pull|export)$/.test(verb);
      // `-o json=FILE`: a format may stand before the file.
      const files = valuesOf(o, ...WRITTEN).map((word) => tail(word, word.prefix.indexOf("=") + 1));
      return result(writes(call, [...files, ...(fetches ? o.operands.slice(2) : [])]));
    },
  ),
];

const WRITTEN = ["o", "output", "file", "output-file", "output-signature", "output-certificate", "digestfile"] as const;
const SCANNER = shape("fot", `${WRITTEN.join(" ")} format template severity scanners config platform`);

function docker(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, GLOBAL);
  const operands = /^(container|image|compose|buildx|builder|task|t|c|i|play|kube)$/.test(o.operands[0]?.value ?? "")
    ? o.operands.slice(1)
    : o.operands;
  const compose = o.operands[0]?.value === "compose" || call.name.endsWith("compose");
  const verb = operands[0]?.value ?? "";
  const rest = operands.slice(1);
  const remote = valuesOf(o, "H", "host").filter((word) => /^(tcp|ssh|https?):/.test(word.prefix));
  if (remote.length > 0 && verb !== "ps" && verb !== "version" && verb !== "info")
    return result([
      ...remote.flatMap((word) => connects(call, word, { sends: true })),
      infra(call, "containers", `${verb} on another host`, false),
    ]);
  if (compose) return composed(call, verb, parseOptions(rest, RUN));
  if (verb === "run" || verb === "create") return container(call, parseOptions(rest, RUN), true);
  if (verb === "exec" || verb === "shell") return entered(call, parseOptions(rest, RUN));
  if (verb === "ssh") return overShell(call, rest);
  if (verb === "machine" && rest[0]?.value === "ssh") return overShell(call, rest.slice(1));
  return dockerVerb(
    call,
    [verb, rest[0]?.value ?? ""],
    parseOptions(rest, shape("ftocmps", "file tag output filter format message signal time build-arg label target")),
  );
}

/** `podman machine ssh [NAME] COMMAND`: a shell of the machine reads the words; the first may be its name. */
function overShell(call: ProgramCall, words: readonly Word[]): ProgramResult {
  const dashes = words.findIndex((word) => word.value === "--");
  const { operands } = parseOptions(dashes < 0 ? words : words.slice(dashes + 1), shape("", "username", "posix"));
  const lines = dashes < 0 ? [operands, operands.slice(1)] : [operands];
  return nested(
    lines.flatMap((line): readonly Effect[] => {
      if (line.length === 0) return [];
      const isKnown = line.every(({ value }) => value !== null);
      if (!isKnown) return call.run.shell(null, call.name);
      return inside(call, [literal("sh"), literal("-c"), literal(line.map(({ prefix }) => prefix).join(" "))], false);
    }),
  );
}

/** What a container was configured with holds its environment, and so its secrets. */
function inspected(call: ProgramCall, o: Options): ProgramResult {
  const format = valueOf(o, "f", "format")?.prefix ?? "";
  const names = /\.Env\b|json \.(?:Config)?\s*\}|\{\{\s*json \.\s*\}\}/.test(format);
  const carried = stream({ secret: "environment" });
  return names
    ? result(readsSecret(call, "environment", "container"), carried)
    : result([], format === "" ? carried : stream());
}

function dockerVerb(call: ProgramCall, [verb, second]: readonly [string, string], o: Options): ProgramResult {
  const phrase = `${verb} ${second}`;
  // Without force, a container that runs and an image in use stay.
  if (/^(rm|rmi|container rm|image rm)( |$)/.test(phrase) && !has(o, "f", "force", "v", "volumes", "a", "all")) {
    const named = o.operands.every((word) => word.value !== null && !word.glob);
    if (named) return NOTHING;
  }
  if (
    /^(rm|rmi|prune|rmp|remove|delete)$/.test(verb) ||
    /^(system|volume|network|image|container|builder|pod|machine|secret|config|stack|service|node|swarm|context|plugin|buildx) (rm|prune|remove|leave|reset|down)/.test(
      phrase,
    )
  ) {
    const wide =
      /prune|reset|leave|volume|system|stack/.test(phrase) ||
      has(o, "v", "volumes") ||
      o.operands.some((word) => word.value === null || word.glob);
    return result([infra(call, "containers", phrase.trim(), wide)]);
  }
  if (
    /^(kill|stop|pause|restart|start|unpause|update|rename|swarm|service|stack|node|import|load|commit|checkpoint|secret|plugin)$/.test(
      verb,
    ) &&
    !/ (ls|ps|inspect|list|logs|help)$/.test(phrase)
  ) {
    return result([
      ...(verb === "kill" || verb === "stop"
        ? [
            {
              kind: "process.kill" as const,
              via: call.name,
              scope:
                o.operands.every((word) => word.value !== null) && !has(o, "a", "all")
                  ? ("one" as const)
                  : ("many" as const),
              text: second,
            },
          ]
        : []),
      ...(/^(swarm|service|stack|node|plugin|update)$/.test(verb) ? [infra(call, "containers", phrase, false)] : []),
    ]);
  }
  if (verb === "cp") return copied(call, o.operands);
  if (verb === "push" || phrase === "manifest push")
    return result([{ kind: "publish", via: call.name, to: "container registry" }]);
  if (verb === "save" || verb === "export") return result(writes(call, valuesOf(o, "o", "output")));
  if (verb === "build") return result(o.operands.length > 0 ? reads(call, valuesOf(o, "f", "file")) : []);
  if (verb === "inspect" || second === "inspect") return inspected(call, o);
  if (verb === "login") return result(readsSecret(call, "registry_token", "docker login"));
  return NOTHING;
}

/** A container that is run: what it reaches of the host, and the command in it. */
function container(call: ProgramCall, o: Options, hasImage: boolean): ProgramResult {
  const effects: Effect[] = escapes(call, o);
  const command = hasImage ? o.operands.slice(1) : o.operands;
  const entry = valueOf(o, "entrypoint");
  const words = entry === undefined ? command : [entry, ...command];
  effects.push(...reads(call, valuesOf(o, "env-file")));
  if (words.length > 0) effects.push(...inside(call, words, effects.length > 0));
  return nested(effects);
}

function escapes(call: ProgramCall, o: Options): Effect[] {
  const effects: Effect[] = [];
  const add = (how: string): void => {
    effects.push({ kind: "container.escape", via: call.name, how });
  };
  if (has(o, "privileged")) add("privileged");
  for (const word of valuesOf(o, "pid", "ipc", "uts", "userns", "cgroupns"))
    if (word.prefix === "host") add("host namespace");
  for (const word of valuesOf(o, "cap-add"))
    if (
      /^(CAP_)?(ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|DAC_READ_SEARCH|DAC_OVERRIDE|SYS_RAWIO|NET_ADMIN|BPF)$/i.test(
        word.prefix,
      )
    )
      add(word.prefix);
  for (const word of valuesOf(o, "security-opt")) if (/unconfined|disable/.test(word.prefix)) add(word.prefix);
  for (const word of valuesOf(o, "device"))
    if (
      place(call, literal(word.prefix.split(":")[0] ?? "")).zone === "device" &&
      !/^\/dev\/(dri|kvm|fuse|snd|video\d*|nvidia)/.test(word.prefix)
    )
      add("device");
  for (const word of [...valuesOf(o, "v", "volume"), ...valuesOf(o, "mount")]) {
    const source = mountSource(word);
    if (source === null) continue;
    const { zone, path, secret } = place(call, source);
    const socket = /docker\.sock|containerd\.sock|crio\.sock|podman\.sock/.test(source.prefix);
    if (zone === "root" || zone === "home" || zone === "others" || zone === "system" || zone === "device" || socket) {
      if (socket || !/^\/etc\/(localtime|timezone|ssl\/certs|resolv\.conf)/.test(path ?? ""))
        add(socket ? "socket" : `mount ${path ?? source.text}`);
    }
    if (secret !== null) effects.push({ kind: "secret.read", via: call.name, secret, from: source.text });
  }
  return effects;
}

/** The host's side of `-v HOST:GUEST` or `--mount type=bind,source=HOST`; null for named volumes. */
function mountSource(word: Word): Word | null {
  const text = word.prefix;
  const bind = /(?:^|,)(?:source|src)=([^,]*)/.exec(text);
  const source = bind === null ? (text.split(":")[0] ?? "") : (bind[1] ?? "");
  if (bind === null && !/^[/.~]/.test(source) && word.value !== null) return null;
  if (word.value === null && !text.includes(":")) return { ...word, prefix: source };
  return literal(source);
}

function entered(call: ProgramCall, o: Options): ProgramResult {
  const escaped = has(o, "privileged");
  const effects: Effect[] = escaped ? [{ kind: "container.escape", via: call.name, how: "privileged" }] : [];
  if (/^(root|0)(:|$)/.test(valueOf(o, "u", "user")?.prefix ?? ""))
    effects.push({ kind: "privilege.raise", via: call.name, how: "root in a container" });
  return nested([...effects, ...inside(call, o.operands.slice(1), escaped)]);
}

function composed(call: ProgramCall, verb: string, o: Options): ProgramResult {
  if (verb === "exec" || verb === "run") return container(call, o, true);
  if (verb === "down" || verb === "rm")
    return result(has(o, "v", "volumes", "rmi") ? [infra(call, "containers", verb, true)] : []);
  if (verb === "push") return result([{ kind: "publish", via: call.name, to: "container registry" }]);
  return NOTHING;
}
