// Containers and clusters: running, entering and destroying them, and ways out to the host.

import type { Effect, InfraChange } from "../effect.ts";
import { NOTHING, connects, nested, reads, reaches, readsSecret, result, stream, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { copied } from "./container-copy.ts";
import { DOCKER_GLOBAL as GLOBAL, DOCKER_RUN as RUN } from "./container-options.ts";
import { place, serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** Rows of containers and clusters. */
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
      const o = parseOptions(call.args, shape("fot"));
      const verb = o.operands[0]?.value ?? "";
      if (/^(copy|push|cp|append|mutate|tag|sign|attest|attach|delete|sync)$/.test(verb))
        return result([{ kind: "publish", via: call.name, to: "container registry" }]);
      return result(writes(call, valuesOf(o, "o", "output")));
    },
  ),
  row(
    "kubectl oc k k3s microk8s kubecolor kubectx kubens k9s stern",
    "https://kubernetes.io/docs/reference/kubectl/",
    kubectl,
  ),
  row("helm helmfile helm3", "https://helm.sh/docs/helm/", (call) => {
    const o = parseOptions(
      call.args,
      shape("nf", "namespace values set set-string kube-context kubeconfig version repo post-renderer timeout"),
    );
    const verb = o.operands[0]?.value ?? "";
    if (asksForHelp(call) || has(o, "dry-run")) return NOTHING;
    const renders = valuesOf(o, "post-renderer").flatMap((word) => [...call.run.shell(word.value, call.name)]);
    if (/^(uninstall|delete|del|un|destroy|rollback)$/.test(verb))
      return result([...renders, infra(call, "kubernetes", verb, verb !== "rollback")]);
    if (/^(install|upgrade|apply|sync|test)$/.test(verb))
      return result([...renders, infra(call, "kubernetes", verb, false)]);
    if (verb === "push") return result([{ kind: "publish", via: call.name, to: "chart registry" }]);
    return result(renders);
  }),
  row(
    "minikube kind k3d kops kubeadm eksctl talosctl rke clusterctl kubespray argocd flux istioctl linkerd cilium velero kustomize skaffold tilt nomad consul etcdctl kubeseal",
    "https://minikube.sigs.k8s.io/docs/commands/",
    clusters,
  ),
  row(
    "lxc lxd incus lxc-attach lxc-start lxc-stop lxc-destroy lxc-create virsh vboxmanage VBoxManage qemu-img vagrant multipass prlctl vmrun govc qm pct pvesh xl",
    "https://documentation.ubuntu.com/lxd/en/latest/reference/manpages/",
    machines,
  ),
  row(
    "qemu qemu-system-x86_64 qemu-system-aarch64 kvm firecracker virt-install cloud-hypervisor",
    "https://www.qemu.org/docs/master/system/qemu-manpage.html",
    (call) => {
      const drives = call.args.filter((word) => /(^|=)\/dev\//.test(word.prefix));
      return result(
        drives.flatMap((word) =>
          writes(call, [literal(word.prefix.slice(word.prefix.indexOf("/dev/")).split(",")[0] ?? "")], "change"),
        ),
      );
    },
  ),
];

/** A change of infrastructure. */
export function infra(call: ProgramCall, system: string, operation: string, destructive: boolean): InfraChange {
  return { kind: "infra.change", via: call.name, system, operation, destructive, count: null };
}

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
  return dockerVerb(
    call,
    [verb, rest[0]?.value ?? ""],
    parseOptions(rest, shape("ftocmps", "file tag output filter format message signal time build-arg label target")),
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

/**
 * What a command inside a container does. Its files and system are the container's own, so only what leaves it
 * counts, unless the container reaches the host.
 */
function inside(call: ProgramCall, words: readonly Word[], escaped: boolean): readonly Effect[] {
  const effects = call.run.words(words, call.stdin);
  if (escaped) return effects;
  const outside = effects.filter(
    (effect) =>
      !/^(fs\.|device\.|host\.|privilege\.|package\.|process\.|persist\.|exec\.program|exec\.unresolved|secret\.read)/.test(
        effect.kind,
      ),
  );
  const empties = effects.some(
    (effect) =>
      effect.kind === "device.write" ||
      (effect.kind === "fs.delete" && (effect.target.zone === "root" || effect.target.zone === "system")),
  );
  return empties ? [...outside, infra(call, "containers", "emptying a container", true)] : outside;
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

const KUBE = shape(
  "cflnospLR",
  "namespace context cluster kubeconfig container filename output selector field-selector server user token as patch type overrides replicas image port from-literal from-file raw template grace-period timeout",
);

function kubectl(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const start = /^(k3s|microk8s)$/.test(call.name) && /^(kubectl|\.kubectl)$/.test(call.args[0]?.value ?? "") ? 1 : 0;
  const args = call.args.slice(start);
  const dashes = args.findIndex((word) => word.value === "--");
  const o = parseOptions(dashes < 0 ? args : args.slice(0, dashes), KUBE);
  const [verb = "", second] = o.operands.map((word) => word.value ?? "");
  if (has(o, "dry-run") && !o.flags.get("dry-run")?.some((word) => word.value === "none")) return NOTHING;
  if (/^(exec|attach|debug|rsh)$/.test(verb)) {
    const command = dashes < 0 ? o.operands.slice(2) : args.slice(dashes + 1);
    const escape: Effect[] =
      verb === "debug" && (second ?? "").startsWith("node")
        ? [{ kind: "container.escape", via: call.name, how: "node debug" }]
        : [];
    return nested([...escape, infra(call, "kubernetes", verb, false), ...inside(call, command, escape.length > 0)]);
  }
  if (verb === "get" || verb === "describe") return secretResource(call, o, verb);
  return kubeVerb(call, o, dashes < 0 ? [] : args.slice(dashes + 1));
}

/** The verbs of `kubectl` that change, destroy, or open the cluster. */
function kubeVerb(call: ProgramCall, o: Options, command: readonly Word[]): ProgramResult {
  const [verb = "", second, third] = o.operands.map((word) => word.value ?? "");
  if (/^(delete|drain|evict|prune)$/.test(verb))
    return result([infra(call, "kubernetes", `${verb} ${second ?? ""}`, true)]);
  if (verb === "replace" && has(o, "force")) return result([infra(call, "kubernetes", "forced replace", true)]);
  if (verb === "cp") return copied(call, o.operands.slice(1));
  if (verb === "config")
    return (second === "view" && has(o, "raw")) || second === "get-token"
      ? result(readsSecret(call, "kube_config", "kubectl config"), stream({ secret: "kube_config" }))
      : NOTHING;
  if (verb === "whoami" && has(o, "t", "show-token"))
    return result(readsSecret(call, "cluster_token", "whoami -t"), stream({ secret: "cluster_token" }));
  if (verb === "create" && second === "token")
    return result(readsSecret(call, "cluster_token", "kubectl create token"), stream({ secret: "cluster_token" }));
  if (verb === "run")
    return nested([
      infra(call, "kubernetes", "run", false),
      ...(/privileged|hostPID|hostPath|hostNetwork/.test(valueOf(o, "overrides")?.prefix ?? "")
        ? [{ kind: "container.escape" as const, via: call.name, how: "overrides" }]
        : []),
      ...inside(call, command, false),
    ]);
  if (verb === "port-forward" || verb === "proxy") return result([{ kind: "net.listen", via: call.name, port: null }]);
  if (verb === "scale")
    return result([
      {
        ...infra(call, "kubernetes", "scale", o.flags.get("replicas")?.some((word) => word.value === "0") ?? false),
        count: countOf(valueOf(o, "replicas")),
      },
    ]);
  if (
    /^(apply|create|edit|patch|replace|expose|set|label|annotate|autoscale|rollout|cordon|uncordon|taint|certificate|auth|adm|new-app|new-project|import-image|start-build|policy)$/.test(
      verb,
    )
  ) {
    if (/^(rollout|auth)$/.test(verb) && /^(status|history|can-i|whoami)$/.test(second ?? "")) return NOTHING;
    const grants = /rolebinding|clusterrole/.test(`${second ?? ""} ${third ?? ""}`) && verb === "create";
    return result([
      ...reads(call, valuesOf(o, "f", "filename", "from-file")),
      infra(call, "kubernetes", `${verb} ${second ?? ""}`.trim(), false),
      ...(grants ? [{ kind: "privilege.raise" as const, via: call.name, how: "cluster role" }] : []),
    ]);
  }
  return NOTHING;
}

function secretResource(call: ProgramCall, o: Options, verb: string): ProgramResult {
  const named = o.operands.slice(1).some((word) => /^(secrets?)(\/|$|,|\.)|,secrets?(,|$)/.test(word.prefix));
  const shown =
    named &&
    verb === "get" &&
    /^(yaml|json|jsonpath|go-template|custom-columns)/.test(valueOf(o, "o", "output")?.prefix ?? "");
  return shown
    ? result(readsSecret(call, "cluster_secret", "kubectl get secret"), stream({ secret: "cluster_secret" }))
    : NOTHING;
}

/** A count, when the word is a plain number. */
export function countOf(word: Word | undefined): number | null {
  return word !== undefined && word.value !== null && /^\d{1,9}$/.test(word.value) ? Number(word.value) : null;
}

function clusters(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("npfc", "profile name config namespace file"));
  const phrase = o.operands
    .slice(0, 3)
    .map((word) => word.value ?? "")
    .join(" ");
  if (/\b(ssh|exec|alloc exec)\b/.test(phrase))
    return nested(call.run.words(o.operands.slice(1 + (phrase.startsWith("alloc") ? 2 : 0)), call.stdin));
  if (phrase.startsWith("get /registry/secrets"))
    return result(readsSecret(call, "cluster_secret", phrase), stream({ secret: "cluster_secret" }));
  if (/\b(delete|destroy|reset|purge|uninstall|del|remove|rm|leave|stop|teardown|suspend)\b/.test(phrase))
    return result([infra(call, call.name, phrase, !/\bstop\b/.test(phrase))]);
  if (
    /\b(create|apply|init|install|upgrade|scale|run|deploy|sync|put|update|join|set|bootstrap|rollback|restore)\b/.test(
      phrase,
    ) &&
    !/^(start|config)/.test(phrase)
  )
    return result([infra(call, call.name, phrase, false)]);
  if (/\b(kv get|acl token|read)\b/.test(phrase)) return result(reaches(call, serviceHost(call.name)));
  return NOTHING;
}

function machines(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("cnfs", "connect config name file"));
  const verb = o.operands[0]?.value ?? "";
  const phrase = `${call.name} ${o.operands
    .slice(0, 2)
    .map((word) => word.value ?? "")
    .join(" ")}`;
  if (/^(exec|ssh|attach|enter|shell)$/.test(verb) || call.name === "lxc-attach") {
    const dashes = call.args.findIndex((word) => word.value === "--");
    const command = valueOf(o, "c", "command");
    const effects = command === undefined ? inside(call, dashes < 0 ? [] : call.args.slice(dashes + 1), false) : [];
    return nested(effects);
  }
  if (
    has(o, "privileged") ||
    /security\.privileged[= ]true|raw\.lxc|path=\/\s|source=\//.test(call.args.map((word) => word.prefix).join(" "))
  )
    return result([{ kind: "container.escape", via: call.name, how: "privileged" }]);
  if (
    /\b(delete|destroy|undefine|unregistervm|remove|rm|purge|reset|vol-delete|pool-destroy|snapshot-delete|lxc-destroy|closemedium)\b/.test(
      phrase,
    )
  )
    return result([infra(call, "machines", phrase, true)]);
  if (/^(convert|resize|rebase|commit|create)$/.test(verb) && call.name === "qemu-img")
    return result(writes(call, o.operands.slice(-1)));
  return NOTHING;
}
