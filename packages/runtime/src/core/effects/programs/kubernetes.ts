// Clusters: what is applied, opened and destroyed in them, and ways out to their nodes.

import type { Effect } from "../effect.ts";
import { copied } from "./container-copy.ts";
import { nested, NOTHING, reaches, reads, readsSecret, result, stream } from "./describe.ts";
import { countOf, infra } from "./infra-change.ts";
import { inside } from "./inside-container.ts";
import { has, literal, type Options, parseOptions, shape, valueOf, valuesOf } from "./options.ts";
import { serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** Rows of Kubernetes and of what builds clusters. */
export const KUBERNETES: readonly ProgramRow[] = [
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
];

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

/** `minikube ssh COMMAND`, `nomad alloc exec ALLOCATION PROGRAM`: a shell there reads what is given as one word. */
function remotely(call: ProgramCall, allocates: boolean): readonly Effect[] {
  const at = call.args.findIndex(({ value }) => value === "ssh" || value === "exec");
  const by = shape("npe", "node profile task ssh-key", "posix");
  let { operands } = parseOptions(call.args.slice(at + 1).map(longOption), by);
  if (allocates) ({ operands } = parseOptions(operands.slice(1), by));
  const [only] = operands;
  if (only === undefined) return [];
  if (call.name !== "minikube" && (operands.length > 1 || only.value?.includes(" ") !== true))
    return call.run.words(operands, call.stdin);
  const known = operands.every(({ value }) => value !== null);
  return call.run.shell(known ? operands.map(({ value }) => value).join(" ") : null, call.name);
}

/** `-task` for `--task`. */
function longOption(word: Word): Word {
  return /^-(?:task|job)$/.test(word.value ?? "") ? literal(`-${word.value ?? ""}`) : word;
}

function clusters(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("npfc", "profile name config namespace file"));
  const phrase = o.operands
    .slice(0, 3)
    .map((word) => word.value ?? "")
    .join(" ");
  if (/\b(ssh|exec)\b/.test(phrase)) return nested(remotely(call, phrase.startsWith("alloc")));
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
