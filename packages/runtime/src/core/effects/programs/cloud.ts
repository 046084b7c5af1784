// Command lines of clouds, hosting services and infrastructure tools: looking, changing and destroying.

import type { Effect } from "../effect.ts";
import { infra, countOf } from "./infra-change.ts";
import { NOTHING, nested, reads, reaches, readsSecret, result, secretIn, stream, writes } from "./describe.ts";
import { has, parseOptions, shape, tail, valueOf, valuesOf, type Options } from "./options.ts";
import { serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForVerbHelp, row } from "./rows.ts";

const AWS = shape(
  "",
  "region profile output query endpoint-url ca-bundle color cli-read-timeout cli-connect-timeout instance-ids bucket key body stack-name name function-name table-name secret-id count min-size desired-capacity instance-count document-name parameters target targets policy-arn policy-document role-name user-name group-name cluster service task-definition command container subject message topic-arn to from destination image-id instance-type source-dir acl filters cidr port protocol group-id cluster-name db-instance-identifier",
);
const GENERIC = shape(
  "aoRgnpcfs",
  "file source container-name destination path share-name account-name account-key sas-token project region zone format filter output query subscription resource-group name account quiet app token org repo team scope file env environment profile config body title label branch",
);

/** Rows of clouds and infrastructure tools. */
export const CLOUD: readonly ProgramRow[] = [
  row("aws awslocal aws-vault saml2aws", "https://docs.aws.amazon.com/cli/latest/", aws),
  row(
    "s3cmd s4cmd s5cmd mcli gsutil azcopy b2 swift ossutil ossutil64 coscmd rados",
    "https://s3tools.org/usage",
    storage,
  ),
  row(
    "gcloud az doctl oci ibmcloud linode-cli hcloud scw aliyun tccli yc vultr-cli exo civo upctl openstack nova cinder neutron packet metal ovhai bx cf",
    "https://cloud.google.com/sdk/gcloud/reference",
    services,
  ),
  row(
    "heroku flyctl fly vercel netlify wrangler railway render surge firebase amplify sam serverless sls cdk eb copilot dokku now deployctl supabase planetscale pscale neonctl turso convex appwrite shopify expo eas fastlane code-push zappa chalice cap mina deployer envoyer",
    "https://devcenter.heroku.com/articles/heroku-cli-commands",
    services,
  ),
  // Its projects, containers and settings are files of the developer; only what it publishes leaves the machine.
  row("ern", "https://native.electrode.io/", (call) => {
    const [verb = "", second = ""] = call.args.map((word) => word.value ?? "");
    if (/^(?:publish|code-push)/.test(verb)) return result([{ kind: "publish", via: call.name, to: call.name }]);
    return verb === "cauldron" && /^(?:add|del|update|regen|repo|batch)/.test(second)
      ? result([infra(call, call.name, `${verb} ${second}`, second === "del")])
      : NOTHING;
  }),
  row(
    "terraform tofu terragrunt opentofu cdktf terraspace",
    "https://developer.hashicorp.com/terraform/cli/commands",
    terraform,
  ),
  row("pulumi", "https://www.pulumi.com/docs/iac/cli/commands/", (call) => {
    const { verb, o } = phraseOf(call);
    if (asksForVerbHelp(call)) return NOTHING;
    if (
      verb === "destroy" ||
      / (rm|delete)$/.test(
        ` ${o.operands
          .slice(0, 2)
          .map((word) => word.value)
          .join(" ")}`,
      )
    )
      return result([infra(call, "pulumi", verb, true)]);
    if (/^(up|update|refresh|import|cancel)$/.test(verb)) return result([infra(call, "pulumi", verb, false)]);
    return has(o, "show-secrets")
      ? result(readsSecret(call, "stack_secret", "pulumi config"), stream({ secret: "stack_secret" }))
      : NOTHING;
  }),
  row(
    "ansible ansible-playbook ansible-pull ansible-console salt salt-call salt-ssh puppet chef-client chef-solo knife bolt fab pyinfra cfengine mco cf-agent",
    "https://docs.ansible.com/ansible/latest/cli/ansible.html",
    ansible,
  ),
  row(
    "packer cloud-init crossplane driftctl infracost tflint tfsec checkov terrascan",
    "https://developer.hashicorp.com/packer",
    (call) => {
      const verb = call.args[0]?.value ?? "";
      return call.name === "packer" && verb === "build"
        ? result([infra(call, "packer", "build", false)])
        : call.name === "cloud-init" && verb === "clean"
          ? result([infra(call, "cloud-init", "clean", true)])
          : NOTHING;
    },
  ),
  row(
    "jenkins-cli circleci travis buildkite-agent drone woodpecker act gitlab-runner actions-runner concourse",
    "https://circleci.com/docs/local-cli/",
    (call) => {
      const verb = call.args[0]?.value ?? "";
      return /^(register|unregister|delete|run|trigger|rebuild)$/.test(verb) && call.name !== "act"
        ? result([infra(call, call.name, verb, /unregister|delete/.test(verb))])
        : NOTHING;
    },
  ),
];

const DESTROYS =
  /^(delete|destroy|remove|terminate|rm|rb|purge|drop|wipe|deregister|uninstall|nuke|revoke|detach|disable|empty|reset|undeploy|teardown|dispose|deprovision|schedule-key-deletion|rmdir|del|kill|stop|deallocate|abandon|clear|unpublish|down|unset|leave|close|suspend|cancel|(?:batch|bulk|admin)-(?:delete|remove|stop|terminate|disable))/;
const CHANGES =
  /^(create|update|put|apply|set|scale|run|start|restart|reboot|deploy|modify|attach|add|enable|import|upload|publish|grant|authorize|invoke|send|execute|resize|rollback|restore|promote|up|new|launch|provision|register|associate|assign|replace|patch|edit|tag|rename|move|mv|cp|sync|push|copy|rotate|link|submit|install|release|redeploy|alias|config:set|dispatch|merge|close|transfer|allocate|mb|init|activate|begin|migrate|change|rsync|request|increase|decrease)/;
const READS =
  /^(list|get|describe|show|ls|status|info|logs?|version|help|head|view|search|whoami|check|validate|explain|wait|diff|plan|print|tail|history|ps|config|configure|auth|login|logout|init|dev|serve|open|link|completion|docs|feedback|topic|plugins|account|presign|scan|query|estimate|simulate|lookup|batch-get|filter|select|test|build|synth|preview|lint|local|emulators|doctor)/;

// `service-instance-delete`, `DeleteInstance`.
const ENDS =
  /[-_](?:delete|destroy|terminate|remove|purge|drop)$|^(?:Delete|Terminate|Release|Destroy|Remove|Drop|Stop)[A-Z]/;

/** The verb of a command line that names things before or after what is done to them. */
function phraseOf(
  call: ProgramCall,
  by: typeof AWS = GENERIC,
): { readonly verb: string; readonly phrase: string; readonly o: Options } {
  const o = parseOptions(call.args, by);
  const texts = o.operands.slice(0, 6).map((word) => word.value ?? "");
  const verb =
    texts.find((text, at) => at < 5 && (DESTROYS.test(text) || CHANGES.test(text) || ENDS.test(text))) ??
    texts[0] ??
    "";
  return { verb, phrase: texts.slice(0, 4).join(" "), o };
}

/** What a verb does to a system of services. */
function judged(call: ProgramCall, verb: string, phrase: string, count: number | null = null): readonly Effect[] {
  const last = verb.slice(verb.lastIndexOf(":") + 1);
  if (READS.test(verb) && !verb.includes(":")) return [];
  if (DESTROYS.test(last) || ENDS.test(verb)) return [infra(call, call.name, phrase, true)];
  return CHANGES.test(last) ? [{ ...infra(call, call.name, phrase, false), count }] : [];
}

/** Looking up credentials. */
const CREDENTIALS =
  /print-access-token|print-identity-token|get-access-token|get-session-token|assume-role|get-secret-value|batch-get-secret|get-parameters?(-by-path)?$|secrets versions access|keyvault secret show|keyvault secret download|secret get|auth token|auth:token|show-token|get-login-password|get-password|list-keys|keys list|get-credentials-value|export-credentials|create-access-key|get-federation-token|config:get|config get|configure get aws_secret|decrypt|config get-token|credentials:url|registry login|connection-string|service-accounts keys create|get-credential-report|secrets get|credential (show|list|renew)|^config$|^env pull|^variables$|^config:show|env:get|env:list/;

function aws(call: ProgramCall): ProgramResult {
  // `help` ends a chain of plain verbs; a skeleton is printed in place of the call.
  const asksHelp =
    call.args.at(-1)?.value === "help" && call.args.every((word) => /^[a-z][\w-]*$/.test(word.value ?? ""));
  if (asksForVerbHelp(call) || (call.name === "aws" && asksHelp)) return NOTHING;
  if (call.name === "aws-vault" || call.name === "saml2aws") {
    const dashes = call.args.findIndex((word) => word.value === "--");
    const effects = readsSecret(call, "cloud_credentials", call.name);
    return dashes < 0
      ? /^(list|ls|version|login|rotate|--version)$/.test(call.args[0]?.value ?? "")
        ? NOTHING
        : result(effects)
      : nested([...effects, ...call.run.words(call.args.slice(dashes + 1), call.stdin)]);
  }
  const { phrase, o } = phraseOf(call, AWS);
  const [service = "", operation = ""] = o.operands.map((word) => word.value ?? "");
  if (service === "s3") return bucket(call, operation, o.operands.slice(2), o);
  if (CREDENTIALS.test(phrase) && !(/get-parameter/.test(operation) && !has(o, "with-decryption")))
    return result(readsSecret(call, "cloud_credentials", `aws ${phrase}`), stream({ secret: "cloud_credentials" }));
  if (service === "ssm" && /^(send-command|start-session)$/.test(operation))
    return result([
      infra(call, "aws", phrase, false),
      { kind: "exec.unresolved", via: call.name, part: "code", text: phrase },
    ]);
  if (/^(ses|sesv2|sns|pinpoint)$/.test(service) && /^(send|publish)/.test(operation))
    return result([
      { kind: "message.send", via: call.name, channel: service, recipients: null, bulk: /bulk|batch/.test(operation) },
    ]);
  const files = [...o.flags.values()]
    .flat()
    .filter((word) => /^fileb?:\/\//.test(word.prefix))
    .map((word) => tail(word, word.prefix.indexOf("://") + 3));
  const count = countOf(valueOf(o, "count", "instance-count", "desired-capacity"));
  const raises =
    /attach-(user|role|group)-policy|put-(user|role|group)-policy|add-user-to-group|create-login-profile|create-policy-version|update-assume-role/.test(
      operation,
    );
  return result([
    ...reads(call, [...files, ...valuesOf(o, "body")]),
    ...judged(call, operation, `${service} ${operation}`, count),
    ...(raises ? [{ kind: "privilege.raise" as const, via: call.name, how: operation }] : []),
  ]);
}

function isRemote(word: Word): boolean {
  return /^[a-z0-9]+:\/\/|^https:\/\/.*blob\.core/.test(word.prefix);
}

/** Object stores by URL: `s3 cp`, `s3 sync`, `s3 rm`, `s3 rb`. */
function bucket(call: ProgramCall, verb: string, operands: readonly Word[], o: Options): ProgramResult {
  if (has(o, "dryrun", "dry-run") || (call.name !== "az" && has(o, "n"))) return NOTHING;
  const named = valuesOf(o, "f", "file", "s", "source");
  if (verb.startsWith("upload") && named.length > 0)
    return result([
      ...reads(call, named),
      ...reaches(call, serviceHost("object store"), { sends: true, secret: secretIn(call, named) }),
      infra(call, "object store", verb, false),
    ]);
  const local = operands.filter((word) => !isRemote(word));
  const dest = operands.at(-1);
  if (/^(rm|rb|del|delete|mb-remove|remove|remove_bucket|delete-bucket|expire)$/.test(verb))
    return result([infra(call, "object store", verb, true)]);
  if (/^(mb|make_bucket|setacl|setpolicy|website|acl|iam|lifecycle|cors|versioning|anonymous|policy)$/.test(verb))
    return result([infra(call, "object store", verb, false)]);
  if (
    !/^(cp|mv|sync|put|get|rsync|copy|upload|download|mirror|pipe|cat|upload_file|upload-file|move)$/.test(verb) ||
    dest === undefined
  )
    return NOTHING;
  const uploads =
    isRemote(dest) ||
    /^(put|upload|upload_file|upload-file|pipe|mirror)$/.test(verb) ||
    (/^mc(?:li)?$/.test(call.name) && operands.length > 1 && !/^[./]/.test(dest.prefix));
  const sources = operands.slice(0, -1).filter((word) => !isRemote(word));
  const secret = secretIn(call, local) ?? call.stdin?.secret ?? null;
  const effects: Effect[] = [...reads(call, sources)];
  if (uploads)
    effects.push(
      ...reaches(call, serviceHost("object store"), { sends: true, secret }),
      infra(call, "object store", verb, false),
    );
  else effects.push(...writes(call, [dest]), ...reaches(call, serviceHost("object store")));
  if (has(o, "delete", "delete-removed", "d", "remove") && /^(sync|rsync|mirror)$/.test(verb))
    effects.push(infra(call, "object store", "sync --delete", true));
  return { effects, stdout: stream({ obfuscated: "downloaded" }) };
}

/** What a client of an object store does: `mc cp`, `s3cmd put`. */
export function storage(call: ProgramCall): ProgramResult {
  if (asksForVerbHelp(call)) return NOTHING;
  // For gsutil these letters stand before the verb, and `-m` takes nothing.
  const letters = call.name === "gsutil" ? "ohiu" : call.name === "rados" ? "pNsbtn" : "comhi";
  const o = parseOptions(call.args, shape(letters, "config exclude include recursive-file"));
  return bucket(call, o.operands[0]?.value ?? "", o.operands.slice(1), o);
}

function services(call: ProgramCall): ProgramResult {
  if (asksForVerbHelp(call) || has(parseOptions(call.args), "help", "dry-run", "validate-only", "what-if"))
    return NOTHING;
  const { verb, phrase, o } = phraseOf(call);
  // Here "droplet" is what is looked at, not the verb "drop".
  if (call.name === "doctl" && /^compute droplet (list|get)( |$)/.test(phrase)) return NOTHING;
  const first = o.operands[0]?.value ?? "";
  if (call.name === "gcloud" && first === "storage")
    return bucket(call, o.operands[1]?.value ?? "", o.operands.slice(2), o);
  if (call.name === "az" && first === "storage" && (o.operands[2]?.value ?? "").startsWith("upload")) {
    const files = valuesOf(o, "f", "file", "s", "source");
    return result([
      ...reads(call, files),
      ...reaches(call, serviceHost("object store"), { sends: true, secret: secretIn(call, files) }),
    ]);
  }
  if (call.name === "az" && first === "storage" && /^(upload|copy|sync|download)/.test(o.operands[2]?.value ?? ""))
    return bucket(call, (o.operands[2]?.value ?? "").replace(/-batch$/, ""), o.operands.slice(3), o);
  if (
    CREDENTIALS.test(phrase) &&
    !(first === "config" && /^(gcloud|az|doctl|oci|ibmcloud|exo)$/.test(call.name)) &&
    !/^(config get-value|config list)/.test(phrase)
  )
    return result(
      readsSecret(call, "cloud_credentials", `${call.name} ${phrase}`),
      stream({ secret: "cloud_credentials" }),
    );
  if (/\bssh$|^ssh\b|\bssh\b|run-command|\bexec\b|console/.test(phrase)) return remoteCommand(call, phrase, o);
  if (/^(deploy|--prod|releases?:promote|publish|submit)$/.test(first) || has(o, "prod", "production")) {
    return result([{ kind: "deploy.release", via: call.name, target: call.name }]);
  }
  const raises = /add-iam-policy-binding|role assignment create|set-iam-policy|iam .*create/.test(phrase);
  return result([
    ...judged(call, verb, phrase, countOf(valueOf(o, "count", "num-nodes", "size"))),
    ...(raises ? [{ kind: "privilege.raise" as const, via: call.name, how: phrase }] : []),
  ]);
}

function remoteCommand(call: ProgramCall, phrase: string, o: Options): ProgramResult {
  const command = valueOf(o, "command", "C", "scripts");
  const dashes = call.args.findIndex((word) => word.value === "--");
  const code =
    command === undefined
      ? dashes < 0
        ? []
        : call.run.words(call.args.slice(dashes + 1), call.stdin)
      : call.run.shell(command.value, call.name);
  return nested([
    ...reaches(call, serviceHost(call.name), { sends: true }),
    infra(call, call.name, phrase, false),
    ...code,
  ]);
}

function terraform(call: ProgramCall): ProgramResult {
  if (asksForVerbHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("", "chdir var-file out target state backend-config", "single"));
  const operands = o.operands[0]?.value === "run-all" ? o.operands.slice(1) : o.operands;
  const verb = operands[0]?.value ?? "";
  const second = operands[1]?.value ?? "";
  const destroys =
    verb === "destroy" ||
    has(o, "destroy") ||
    (verb === "state" && /^(rm|replace-provider)$/.test(second)) ||
    (verb === "workspace" && second === "delete") ||
    /^(force-unlock|taint)$/.test(verb);
  if (verb === "plan" || verb === "validate") return result(writes(call, valuesOf(o, "out")));
  if (destroys) return result([infra(call, "terraform", verb, true)]);
  if (/^(apply|import|untaint|refresh|deploy)$/.test(verb) || (verb === "state" && /^(mv|push)$/.test(second)))
    return result([infra(call, "terraform", verb, has(o, "auto-approve", "replace") && has(o, "replace"))]);
  const shows =
    (verb === "output" && (has(o, "raw", "json") || second !== "")) ||
    (verb === "state" && second === "pull") ||
    (verb === "show" && has(o, "json"));
  return shows
    ? result(readsSecret(call, "terraform_output", `terraform ${verb}`), stream({ secret: "terraform_output" }))
    : NOTHING;
}

function ansible(call: ProgramCall): ProgramResult {
  if (asksForVerbHelp(call)) return NOTHING;
  const o = parseOptions(
    call.args,
    shape(
      "imaeuflCtPUHj",
      "inventory module-name args extra-vars user forks limit connection tags skip-tags become-user private-key vault-password-file",
    ),
  );
  if (has(o, "check", "C", "syntax-check", "list-hosts", "list-tasks", "noop", "why-run", "list-tags")) return NOTHING;
  const module = valueOf(o, "m", "module-name")?.value ?? (call.name === "ansible" ? "command" : "");
  const args = valueOf(o, "a", "args");
  const effects: Effect[] = [];
  if (/^(command|shell|raw|script)$/.test(module) && args !== undefined)
    effects.push(...call.run.shell(args.value, call.name));
  if (has(o, "b", "become", "K")) effects.push({ kind: "privilege.raise", via: call.name, how: "become" });
  if (/^salt|^knife|^bolt|^fab|^mco/.test(call.name)) {
    const at = o.operands.findIndex((word) => /^(cmd\.run|cmd\.run_all|cmd\.shell|ssh)$/.test(word.value ?? ""));
    const text = at < 0 ? undefined : o.operands.at(call.name === "knife" ? -1 : at + 1);
    if (text !== undefined) effects.push(...call.run.shell(text.value, call.name));
    if (
      /^(list|status|show|node list|search)$/.test(o.operands[0]?.value ?? "") ||
      o.operands.some((word) => /^test\.|^grains\./.test(word.value ?? ""))
    )
      return result(effects);
  }
  if (/^(ping|setup|debug|gather_facts|stat)$/.test(module)) return result(effects);
  return nested([...effects, infra(call, call.name, module || "run", false)]);
}
