// Libraries that act on the world outside this machine: what a call of theirs does is told by the verb it begins with.

import type { Effect } from "../effect.ts";

/** What the verbs of a library's calls do. */
interface Sdk {
  readonly system: string;
  /** Modules that begin so. */
  readonly modules: RegExp;
  /** Verbs of calls that destroy, stop or open up. */
  readonly destroys: RegExp;
  /** Verbs of calls that change. */
  readonly changes: RegExp | null;
  readonly kind: "infra" | "money" | "message" | "secret" | "unseen";
}

const GONE = "delete|terminate|destroy|purge|drop|deregister|revoke|detach|disable|reboot|abort|disassociate|empty";
const NEVER = /(?!)/;

const SDKS: readonly Sdk[] = [
  {
    system: "cloud",
    modules:
      /^(?:boto3?|botocore|aioboto3|aiobotocore|google\.cloud|googleapiclient|azure|oci|openstack|digitalocean|linode_api4|hcloud|pyVmomi|proxmoxer|cloudflare|CloudFlare|libvirt|kubernetes|kubernetes_asyncio|pulumi|aws-sdk|@aws-sdk\/|@google-cloud\/|@azure\/|@kubernetes\/|@pulumi\/|googleapis|cloudflare)/,
    destroys: new RegExp(`^(?:${GONE}|stop|reset|release|cancel)$`),
    changes:
      /^(?:create|put|run|start|update|modify|attach|set|associate|authorize|enable|copy|upload|restore|invoke|publish|send|register|replace|patch|apply|scale|tag|allocate)$/,
    kind: "infra",
  },
  {
    system: "containers",
    modules: /^(?:docker|podman|dockerode)$/,
    destroys: new RegExp(`^(?:${GONE}|stop|remove|prune|kill|rm|rmi|leave)$`),
    changes: /^(?:create|run|start|exec|build|push|update|put)$/,
    kind: "infra",
  },
  {
    system: "database",
    modules:
      /^(?:pymongo|motor|mongoengine|redis|aioredis|elasticsearch|opensearchpy|cassandra|neo4j|pinecone|chromadb|qdrant_client|django|firebase_admin|influxdb|peewee|sqlalchemy|tortoise|mongodb|mongoose|ioredis|@elastic\/|sequelize|typeorm|@prisma\/client|knex|active_record|activerecord)/,
    destroys: /^(?:delete|drop|flush|flushall|flushdb|truncate|destroy|purge)$/,
    changes: null,
    kind: "infra",
  },
  {
    system: "repository",
    modules: /^(?:github|gitlab|simple-git|@octokit\/|octokit|isomorphic-git|pygit2|dulwich)/,
    destroys: new RegExp(`^(?:${GONE}|push|reset|clean|raw|rebase|force)$`),
    changes: /^(?:merge|create|update)$/,
    kind: "infra",
  },
  {
    system: "processes",
    modules: /^(?:psutil|ps-node|fkill|tree-kill)$/,
    destroys: /^(?:kill|terminate|suspend|fkill)$/,
    changes: null,
    kind: "infra",
  },
  {
    system: "payments",
    modules:
      /^(?:stripe|paypalrestsdk|braintree|square|squareup|coinbase|ccxt|web3|ethers|plaid|adyen|wise|bitcoinlib|solana)/,
    destroys: NEVER,
    changes: /^(?:create|capture|pay|transfer|refund|confirm|send|withdraw|payout|charge)$/,
    kind: "money",
  },
  {
    system: "messages",
    modules:
      /^(?:twilio|sendgrid|@sendgrid\/|slack_sdk|@slack\/|slack|telegram|discord|mailgun|resend|nodemailer|mailchimp|vonage|yagmail|redmail|pushover)/,
    destroys: NEVER,
    changes: /^(?:send|create|post|chat|messages|reply)$/,
    kind: "message",
  },
  {
    system: "secret store",
    modules: /^(?:keyring|hvac|keytar|win32crypt|browser_cookie3|pycookiecheat)$/,
    destroys: /^(?:get|read|list|load|chrome|firefox|find|chromium|edge)$/,
    changes: null,
    kind: "secret",
  },
  {
    system: "files",
    modules: /^(?:fs-extra|fs-jetpack|graceful-fs|memfs)$/,
    destroys: /^(?:remove|removeSync|emptydir|emptydirsync|move|movesync)$/,
    changes: null,
    kind: "unseen",
  },
  {
    system: "programs elsewhere",
    modules:
      /^(?:sh|plumbum|pexpect|ptyprocess|fabric|invoke|paramiko|ansible_runner|salt|netmiko|asyncssh|winrm|pywinrm|pypsrp|wmi|win32com|win32api|win32process|pywinauto|pyautogui|crontab|winreg|_winreg|cffi|envoy|delegator|sarge|parallel_ssh|pssh|scrapli|napalm|ssh2|node-ssh|sudo-prompt|node-pty|cross-spawn|node-cmd|shelljs|tinyexec|nano-spawn|robotjs|node-powershell|ffi-napi|koffi|edge-js|winreg|regedit|pip|setuptools\.sandbox|torch\.utils\.cpp_extension)$/,
    destroys:
      /^(?:run|sudo|local|spawn|spawnu|sendline|send|exec|execute|invoke|call|cmd|command|popen|dispatch|run_cmd|shell|sync|new|write|delete|set|create|main|dlopen|system|winexec|typewrite|hotkey|press|get|put|connect)$/,
    changes: null,
    kind: "unseen",
  },
];

/** What is known of the libraries that a text uses. */
export type Used = Set<Sdk>;

/** Notes that a module is used. */
export function useModule(used: Used, module: string): void {
  for (const sdk of SDKS) if (sdk.modules.test(module)) used.add(sdk);
}

/** The verb that a name begins with: `delete_bucket`, `deleteBucket` and `DeleteBucketCommand` are `delete`. */
function verbOf(name: string): string {
  return (/^[A-Z]?[a-z0-9]+/.exec(name)?.[0] ?? name).toLowerCase();
}

/** The effects of calling something of that name, as far as one of the used libraries does it. */
export function sdkEffects(used: Used, name: string, via: string): readonly Effect[] {
  if (used.size === 0) return [];
  const verb = verbOf(name);
  const effects: Effect[] = [];
  for (const sdk of used) {
    const destructive = sdk.destroys.test(verb) || sdk.destroys.test(name.toLowerCase());
    if (!destructive && sdk.changes?.test(verb) !== true) continue;
    effects.push(effectOf(sdk, name, destructive, via));
  }
  return effects;
}

function effectOf({ kind, system }: Sdk, name: string, destructive: boolean, via: string): Effect {
  switch (kind) {
    case "infra":
      return { kind: "infra.change", via, system, operation: name, destructive, count: null };
    case "money":
      return { kind: "money.move", via, amount: null, currency: null, problem: null };
    case "message":
      return { kind: "message.send", via, channel: system, recipients: null, bulk: false };
    case "secret":
      return { kind: "secret.read", via, secret: "secret_store", from: name };
    case "unseen":
      return { kind: "exec.unresolved", via, part: "code", text: name };
    default:
      return kind satisfies never;
  }
}
