// From the text of a setting to where entries go.
//
//   stdout:                     file:/absolute/path
//   syslog+udp://host:514       syslog+tcp://host:601         syslog+tls://host:6514
//   https://host/path           otlp+https://host:4318        http only to this machine, or with plain=yes
//
// Options follow a question mark, as in a URL: format=entry|ocsf, redact=no, from=start|end, name=…, header_env=…, plain=yes.
// Other parameters of a URL stay in it.

import { isAbsolute, resolve } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { isUsableUrl, type SyslogTransport } from "../storage/anchors/anchor-text.ts";
import { sha256Hex } from "../storage/chain-host.ts";

/** Where a sink leads. */
export type SinkPlace =
  | { readonly kind: "stdout" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "syslog"; readonly transport: SyslogTransport; readonly url: string }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "otlp"; readonly url: string };

/** A sink as configured. Plain data: it goes to another thread. */
export interface SinkTarget {
  /** Names its files in the sidecar: letters, digits, `-`. */
  readonly name: string;
  /** The setting, as people may see it. */
  readonly shown: string;
  readonly place: SinkPlace;
  readonly format: "entry" | "ocsf";
  readonly redact: boolean;
  /** Where a sink without a cursor begins. */
  readonly from: "start" | "end";
  /** A header of each request, from the environment: it may hold a credential, so it is never shown. */
  readonly header: readonly [name: string, value: string] | null;
}

const SYSLOG: ReadonlyMap<string, SyslogTransport> = new Map([
  ["syslog:", "udp"],
  ["syslog+udp:", "udp"],
  ["syslog+tcp:", "tcp"],
  ["syslog+tls:", "tls"],
]);
const OPTIONS: readonly string[] = ["format", "redact", "from", "name", "header_env", "plain"];

/** Environment variables, as in `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The sinks that the setting `sinks` names. Opens nothing.
 *
 * @throws {CanopyError} `INVALID_CONFIG` for a text that names none, or two of one name.
 */
export function sinkTargets(texts: readonly string[], env: Environment): readonly SinkTarget[] {
  const targets = texts.map((text) => sinkTarget(text, env));
  for (const [index, { name, shown }] of targets.entries()) {
    if (targets.findIndex((other) => other.name === name) !== index) {
      throw invalid(shown, "another sink has that name", "give one of them another `name=`");
    }
  }
  return targets;
}

/** One sink. Throws as `sinkTargets`. */
export function sinkTarget(text: string, env: Environment): SinkTarget {
  const { rest, options, shown } = takeOptions(text);
  const place = placeOf(rest, shown, options.get("plain") === "yes");
  const { kind } = place;
  const format = choice(options, "format", ["entry", "ocsf"], shown);
  if (kind === "otlp" && options.has("format"))
    throw invalid(shown, "spans and metrics have one format", "leave `format=` out");
  const name = options.get("name") ?? `${kind}-${sha256Hex(`canopy-sink-v1\0${shown}`).slice(0, 12)}`;
  if (!/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    throw invalid(shown, "its name can't be used", "use 1 to 40 small letters, digits and `-`");
  }
  const redact = choice(options, "redact", ["yes", "no"], shown) === "yes";
  const from = choice(options, "from", ["start", "end"], shown);
  choice(options, "plain", ["no", "yes"], shown);
  return { name, shown, place, format, redact, from, header: headerOf(options, env, place, shown) };
}

interface TakenOptions {
  readonly rest: string;
  readonly options: ReadonlyMap<string, string>;
  readonly shown: string;
}

function takeOptions(text: string): TakenOptions {
  const at = text.indexOf("?");
  const head = at < 0 ? text : text.slice(0, at);
  const shown = text.replace(/\/\/[^/?#]*@/u, "//…@");
  const given = at < 0 ? [] : text.slice(at + 1).split("&");
  const options = new Map<string, string>();
  const others: string[] = [];
  for (const each of given) {
    const [name = "", value = ""] = each.split("=", 2);
    if (!OPTIONS.includes(name)) others.push(each);
    else if (options.has(name)) throw invalid(shown, `\`${name}\` is given twice`, "give it once");
    else options.set(name, value);
  }
  return { rest: others.length === 0 ? head : `${head}?${others.join("&")}`, options, shown };
}

function placeOf(text: string, shown: string, mayBePlain: boolean): SinkPlace {
  if (text === "stdout:") return { kind: "stdout" };
  if (text.startsWith("file:")) {
    const path = text.slice("file:".length);
    if (isAbsolute(path) && !/[\0?]/.test(path) && !path.startsWith("//")) return { kind: "file", path: resolve(path) };
    throw invalid(shown, "a file needs an absolute path", "write file:/var/log/canopy.jsonl");
  }
  const isOtlp = text.startsWith("otlp+");
  const plain = isOtlp ? text.slice("otlp+".length) : text;
  if (!URL.canParse(plain)) throw invalid(shown, "it is neither a file nor a URL", EXAMPLES);
  const url = new URL(plain);
  if (url.username !== "" || url.password !== "") {
    throw invalid(
      shown,
      "a URL in a setting must hold no credentials",
      "name a variable that holds the header: header_env=NAME",
    );
  }
  const transport = SYSLOG.get(url.protocol);
  if (transport !== undefined) {
    if (url.hostname === "" || !["", "/"].includes(url.pathname) || url.search !== "" || isOtlp)
      throw invalid(shown, "a receiver is a host and a port", "write syslog+tls://host:6514");
    return { kind: "syslog", transport, url: plain };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw invalid(shown, "there is no such kind of sink", EXAMPLES);
  if (!isUsableUrl(url) && !mayBePlain) {
    throw invalid(shown, "entries would cross the network in clear text", "use https, or say plain=yes");
  }
  url.hash = "";
  return { kind: isOtlp ? "otlp" : "http", url: url.href };
}

const EXAMPLES = "give stdout:, file:/path, syslog+tls://host:6514, https://host/path or otlp+https://host:4318";

function headerOf(
  options: ReadonlyMap<string, string>,
  env: Environment,
  { kind }: SinkPlace,
  shown: string,
): SinkTarget["header"] {
  const variable = options.get("header_env");
  if (variable === undefined) return null;
  if (kind !== "http" && kind !== "otlp") throw invalid(shown, "only requests have headers", "leave `header_env=` out");
  const found = /^(?<name>[!#$%&'*+.^`|~\w-]+):[ \t]*(?<value>[\x20-\x7e\t]+)$/.exec(env[variable] ?? "")?.groups;
  if (found?.["name"] === undefined || found["value"] === undefined) {
    throw invalid(
      shown,
      `the variable ${variable} holds no header`,
      `set it to a whole header, as in "Authorization: Bearer …"`,
    );
  }
  return [found["name"], found["value"]];
}

function choice<Word extends string>(
  options: ReadonlyMap<string, string>,
  name: string,
  words: readonly [Word, ...Word[]],
  shown: string,
): Word {
  const given = options.get(name);
  if (given === undefined) return words[0];
  const found = words.find((word) => word === given);
  if (found === undefined) throw invalid(shown, `\`${name}\` must be ${words.join(" or ")}`, "correct it");
  return found;
}

function invalid(shown: string, why: string, fix: string): CanopyError {
  return new CanopyError("INVALID_CONFIG", `\`${shown}\` is no sink: ${why}`, { fix });
}
