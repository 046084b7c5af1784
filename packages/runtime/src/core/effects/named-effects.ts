// What the name of a tool says about texts that would be nothing elsewhere: a compose file or makefile holds commands, a
// page that is rendered is fetched, a console takes what is sent to it, a payment service is asked to pay.

import type { Action } from "../action.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { Effect } from "./effect.ts";
import { classifyUrl } from "./host.ts";
import { moneyEffects } from "./money.ts";
import { argvEffects, shellEffects } from "./shell/index.ts";
import type { Surroundings } from "./surroundings.ts";
import { foldName } from "./text.ts";
import { typedEffects } from "./typed-effects.ts";
import { wordSet } from "../word-set.ts";

type Reader = (action: Action, surroundings: Surroundings) => readonly Effect[];

/** Names of tools, and what is read in their payloads beside what every payload is read for. */
const READERS: readonly (readonly [RegExp, Reader])[] = [
  [
    /compose|make_?file|^make$|package_?json|docker_?file|workflow|github_?actions|gitlab_?ci|jenkins|pipeline/i,
    recipes,
  ],
  [/pdf|html|render|screenshot|markdown|thumbnail|svg|weasyprint/i, rendered],
  [/redis|valkey|memcached?/i, keyStore],
  [/remote_?desktop|serial|console|vnc|rdp|kvm|tty|telnet/i, typed],
  [/apple_?script|osascript/i, scripted],
  [/paypal|stripe|wise|square|braintree|adyen|plaid|razorpay|coinbase|venmo|revolut|mollie|payoneer|dwolla/i, paid],
  [/log|audit|trail|history/i, erased],
  [/tool_?code|assistant/i, toolCode],
];

const ANY = new RegExp(READERS.map(([names]) => names.source).join("|"), "i");
const MAX_READ = 65_536;

/** The effects that a payload has by the name of its tool. Cost: one look at the name; linear in the texts where it says something. */
export function namedEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const { raw_action_type: name } = action;
  if (!ANY.test(name)) return NOTHING;
  const effects: Effect[] = [];
  for (const [names, read] of READERS) if (names.test(name)) effects.push(...read(action, surroundings));
  return effects;
}

const NOTHING: readonly Effect[] = [];

function textsOf({ fields }: Action): Action["fields"]["texts"] {
  return fields.texts.filter(({ text }) => text.length <= MAX_READ);
}

const STEP =
  /(?:^|[\n{,]|- )[ \t]*["']?(?:command|entrypoint|run|script|cmd|test)["']?[ \t]*:[ \t]*(\[[^\]\n]*\]|[^\n]+)/g;
const RECIPE = /^(?:\t+[@+-]*|[ \t]*(?:RUN|CMD|ENTRYPOINT)[ \t]+)(.+)$/gm;
const SHELL_CALL = /\$\(shell ([^)\n]*)\)/g;
const SCRIPT =
  /"(?:(?:pre|post)?(?:install|pack|publish|build|test|start|version|prepare\w*)|dev|clean|lint|[\w:-]+)"\s*:\s*"((?:[^"\\\n]|\\.)*)"/g;
const MOST_STEPS = 64;

/** Commands in build files, compose files and the scripts of packages. */
function recipes(action: Action, surroundings: Surroundings): readonly Effect[] {
  const effects: Effect[] = [];
  for (const { member, text } of textsOf(action)) {
    const parts = member.split(".");
    const last = parts.at(-1) ?? "";
    const steps =
      /^(?:command|entrypoint|run|cmd|script)$/.test(last) || parts.at(-2) === "scripts" ? [text] : stepsIn(text);
    if (steps.length > MOST_STEPS) effects.push(tooMany(action));
    for (const step of steps.slice(0, MOST_STEPS)) effects.push(...shellEffects(plainStep(step), surroundings));
    if (/\bprivileged\s*:\s*true\b|docker\.sock|["'\s-]\/:\/|^\/:\//.test(text)) effects.push(escape(action));
  }
  if (/"privileged":true/.test(action.canonical)) effects.push(escape(action));
  return effects;
}

function tooMany(action: Action): Effect {
  return { kind: "exec.unparsed", via: action.action_type, problem: `more than ${MOST_STEPS} commands` };
}

function escape(action: Action): Effect {
  return { kind: "container.escape", via: action.action_type, how: "a container that reaches the host" };
}

function stepsIn(text: string): readonly string[] {
  const scripts =
    /^\s*\{/.test(text) && text.includes('"scripts"') ? found(text.slice(text.indexOf('"scripts"') + 9), SCRIPT) : [];
  const json = /^\s*\{\s*"/.test(text);
  return [...(json ? [] : found(text, STEP)), ...found(text, RECIPE), ...found(text, SHELL_CALL), ...scripts];
}

function found(text: string, pattern: RegExp): readonly string[] {
  const all: string[] = [];
  for (const match of text.matchAll(pattern)) {
    if (all.length > MOST_STEPS) break;
    all.push(match[1] ?? "");
  }
  return all;
}

/** A step as a command: lists in brackets are words, and a text may stand in quotes. */
function plainStep(step: string): string {
  const text = step.trim();
  if (text.startsWith("[")) return text.replace(/[[\],]/g, " ");
  const quoted = /^(["'])(.*)\1$/.exec(text);
  return (quoted?.[2] ?? text).replaceAll("$$", () => "$");
}

const ADDRESS = /\b(?:https?|ftp|file|gopher):\/\/[^\s"'<>)\\]{1,400}/gi;
const INSIDE: ReadonlySet<string> = new Set(["metadata", "loopback", "private", "internal_name"]);

/** Addresses in a page that is rendered: whoever renders it fetches them. Strangers are no news. */
function rendered(action: Action): readonly Effect[] {
  return textsOf(action).flatMap(({ member, text }) =>
    text.includes("://") && /[<(\]]/.test(text)
      ? (text.match(ADDRESS) ?? []).slice(0, MOST_STEPS).flatMap((url): readonly Effect[] => {
          const via = `payload.${member}`;
          if (/^file:/i.test(url)) return [{ kind: "exec.unresolved", via, part: "target", text: url }];
          const { host, scheme } = classifyUrl(url);
          return INSIDE.has(host.class)
            ? [{ kind: "net.connect", via, host, sends: false, origin: "action", scheme }]
            : [];
        })
      : [],
  );
}

const WIPES = /^\s*(?:flushall|flushdb|flush_all|del|unlink|rename|swapdb|getdel|xtrim|ltrim|spop|sdiffstore)\b/i;
const ADMINISTERS =
  /^\s*(?:config\s+(?:set|rewrite|resetstat)|eval(?:sha)?|fcall|function\s+(?:load|delete|flush)|script|shutdown|slaveof|replicaof|module|debug|migrate|acl\s+(?:set|del|load)\w*|failover|cluster\s+(?:reset|forget|failover)|client\s+kill|restore|bgrewriteaof)\b/i;

/** Commands of a store of keys, as words or as one text. */
function keyStore(action: Action): readonly Effect[] {
  const words = textsOf(action).map(({ text }) => text);
  const all = [words.join(" "), ...words];
  const text = all.find((each) => WIPES.test(each)) ?? all.find((each) => ADMINISTERS.test(each));
  if (text === undefined) return NOTHING;
  const operation = WIPES.test(text) ? "wipe" : "admin";
  return [{ kind: "db.statement", via: action.action_type, operation, text: text.slice(0, 200) }];
}

const TYPED: ReadonlySet<string> = wordSet("type text input data send write keys line command content message");

/** What is sent to a screen, a console or a line. */
function typed(action: Action, surroundings: Surroundings): readonly Effect[] {
  return Object.entries(action.members).flatMap(([name, value]) => {
    if (typeof value !== "string" || !TYPED.has(foldName(name)) || value.length > MAX_READ) return [];
    // A console runs a single word, too.
    const alone = /^\s*[a-z]+\s*\n$/.test(value) ? shellEffects(value, surroundings) : [];
    return [...alone, ...typedEffects({ ...action, members: { input: value } }, surroundings)];
  });
}

function scripted(action: Action, surroundings: Surroundings): readonly Effect[] {
  return textsOf(action).flatMap(({ text }) =>
    /\s/.test(text) ? argvEffects(["osascript", "-e", text], surroundings) : [],
  );
}

const PAYING = /pay(?:out|ment)s?\b|transfers?\b|charges?\b|refunds?\b|withdraw|checkout|capture|\bsend\b|remit/i;
const LOOKING = /\b(?:list|get|retrieve|search|status|balance|history|describe)\b/i;
const ASKED: ReadonlySet<string> = wordSet(
  "endpoint path resource action operation method url route api service function op",
);

/** An endpoint of a payment service that pays, with an amount. */
function paid(action: Action): readonly Effect[] {
  if (action.verb === "money") return NOTHING;
  const asked = Object.entries(action.members).flatMap(([name, value]) =>
    typeof value === "string" && ASKED.has(foldName(name)) ? [value] : [],
  );
  if (
    !asked.some((text) => PAYING.test(text)) ||
    asked.some((text) => LOOKING.test(text)) ||
    !hasAmount(action.members, 0)
  )
    return NOTHING;
  return moneyEffects(action.members, action.action_type);
}

function hasAmount(value: JsonValue, depth: number): boolean {
  if (depth > 6) return true;
  if (Array.isArray(value)) return value.some((item: JsonValue) => hasAmount(item, depth + 1));
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(
    ([name, item]) => /amount|value|total|sum|price|quantity/i.test(name) || hasAmount(item, depth + 1),
  );
}

const ERASES =
  /^(?:clear|delete|purge|truncate|wipe|erase|disable|remove|reset|drop|stop|flush|destroy|redact|overwrite)(?:$|[_ -]|All|Logs?|Entr|Events)/i;

/** Records that are emptied or switched off. */
function erased(action: Action): readonly Effect[] {
  if (!/audit|event|trail|(?:^|_)logs?(?:$|_)/i.test(action.raw_action_type)) return NOTHING;
  const { members } = action;
  for (const name of ["action", "operation", "op", "method", "command", "verb", "mode"]) {
    const value = members[name];
    if (typeof value === "string" && ERASES.test(value.trim()))
      return [{ kind: "trace.erase", via: action.action_type, what: action.raw_action_type }];
  }
  return NOTHING;
}

const CALL =
  /\b\w{0,40}(?:shell|command|exec|terminal|bash|run)\w{0,40}\(\s*(?:\w{1,40}\s*=\s*)?(["'])((?:(?!\1)[^\n\\]|\\.){1,2000})\1/g;

/** `tool_code`: code of a model that calls its tools, among them those that run commands. */
function toolCode(action: Action, surroundings: Surroundings): readonly Effect[] {
  const own = /tool_?code/i.test(action.raw_action_type);
  return textsOf(action).flatMap(({ text }) => {
    if (!own && !text.includes("tool_code")) return [];
    const commands: string[] = [];
    for (const match of text.matchAll(CALL)) if (commands.push(match[2] ?? "") > MOST_STEPS) return [tooMany(action)];
    return [
      ...commands.flatMap((command) => shellEffects(command, surroundings)),
      ...argvEffects(["python3", "-c", text.replace(/^\s*```\w*|```\s*$/g, "")], surroundings),
    ];
  });
}
