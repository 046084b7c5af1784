// What a network action would reach, and whether it carries data there.

import type { Action } from "../action.ts";
import { isJsonObject } from "../json.ts";
import type { Effect, NetConnect } from "./effect.ts";
import { classifyUrl, type UrlReading } from "./host.ts";
import { resolvePath } from "./path.ts";
import type { Surroundings } from "./surroundings.ts";
import { foldName, nameWords } from "./text.ts";
import { wordSet } from "../word-set.ts";

const CARRYING: ReadonlySet<string> = wordSet(
  "body data json payload content file files form formdata multipart attachment attachments upload message text headers",
);

/** The connections of a network action, with the secrets that its files would carry out. Cost: linear in the members. */
export function netEffects(action: Action, surroundings: Surroundings): readonly Effect[] {
  const sends = carriesData(action);
  const effects: Effect[] = [];
  const connects: NetConnect[] = [];
  for (const { member, text } of action.fields.urls) {
    const reading = classifyUrl(text);
    if (reading.file !== null) effects.push(fileRead(reading, member, surroundings));
    if (reading.scheme === "file" && reading.host.host === null) continue;
    connects.push(connect(reading, `payload.${member}`, sends));
  }
  effects.push(...unnamedUrls(action));
  return [...effects, ...connects, ...carriedFiles(action, connects, surroundings)];
}

// A whole URL in a member of any name is where a network action may go; what it merely carries is not. Strangers there
// are no news, what is inside is.
function unnamedUrls(action: Action): readonly Effect[] {
  const named = new Set(action.fields.urls.map(({ text }) => text));
  return action.fields.texts.flatMap(({ member, text }): readonly Effect[] => {
    if (named.has(text) || isCarried(member)) return [];
    const isWhole = WHOLE_URL.test(text);
    if (!isWhole && !LIKE_ADDRESS.test(text)) return [];
    const reading = classifyUrl(text);
    const { host } = reading;
    // Without a scheme it is an address only where nothing else is, or where nobody means anything else by it.
    const counts = isWhole || host.class === "metadata" || (named.size === 0 && isWrittenAsHost(text, host));
    return counts && INSIDE.has(host.class) ? [connect(reading, `payload.${member}`, false)] : [];
  });
}

// `10.0.0.1/a`, `localhost:8080`; a version (`1.5`) is none.
function isWrittenAsHost(text: string, { host, port }: NetConnect["host"]): boolean {
  return port !== null || host === "localhost" || /^\s*(?:\/\/)?(?:\d+\.){3}\d+(?:\/|\s*$)|^\s*\[/.test(text);
}

const LIKE_ADDRESS = /^\s*(?:\/\/)?[\w[\]:%-]+(?:\.[\w-]+)*\.?(?::\d+)?(?:[/?#]\S*)?\s*$/;

const WHOLE_URL = /^\s*[a-z][a-z0-9+.-]{1,20}:\/\/\S+\s*$/i;
const INSIDE: ReadonlySet<string> = new Set(["metadata", "loopback", "private"]);

function isCarried(member: string): boolean {
  return member.split(".").some((name) => CARRYING.has(foldName(name)) || ABOUT.has(foldName(name)));
}

const ABOUT: ReadonlySet<string> = wordSet(
  "description comment note notes title query q search selector referer referrer origin useragent cookies cookie",
);

/**
 * Connections of an action whose type is no network type: only what would reach inside, from a member that plainly
 * holds a URL. A public address in a note is not a connection.
 */
export function strayUrlEffects(action: Action): readonly Effect[] {
  return action.fields.urls.flatMap(({ member, text }): readonly Effect[] => {
    const reading = classifyUrl(text);
    const hostClass = reading.host.class;
    if (hostClass === "metadata") return [connect(reading, `payload.${member}`, false)];
    if (reading.scheme === null || (hostClass !== "loopback" && hostClass !== "private")) return [];
    return [connect(reading, `payload.${member}`, false)];
  });
}

function connect(reading: UrlReading, via: string, sends: boolean): NetConnect {
  return { kind: "net.connect", via, host: reading.host, sends, origin: "action", scheme: reading.scheme };
}

function fileRead(reading: UrlReading, member: string, surroundings: Surroundings): Effect {
  return { kind: "fs.read", via: `payload.${member}`, target: resolvePath(reading.file ?? "", surroundings) };
}

function carriesData(action: Action): boolean {
  for (const [name, value] of Object.entries(action.members)) {
    const key = foldName(name);
    if (key === "method" && typeof value === "string" && !/^(?:get|head|options)$/i.test(value.trim())) return true;
    if (!CARRYING.has(key) || value === null || value === "") continue;
    if (key !== "headers" || (isJsonObject(value) && Object.keys(value).length > 0)) return true;
  }
  return false;
}

// The name of the action or of the member says that what is received is written there.
function isSaved(action: Action, member: string): boolean {
  if (action.action_type === "download_file" || nameWords(action.raw_action_type).some((word) => SAVING.has(word)))
    return true;
  return SAVED.has(foldName(member.slice(member.lastIndexOf(".") + 1)));
}

const SAVING: ReadonlySet<string> = wordSet("download downloads save store pull retrieve wget import clone");
const SAVED: ReadonlySet<string> = wordSet(
  "savepath saveto saveas outputpath outputfile outfile outputdir outputdirectory downloadpath downloaddir destfile destpath destinationfile destinationpath dstpath dstfile targetpath targetfile targetdir",
);

// A file that is named beside a URL is taken to be sent there, except where the action downloads into it.
function carriedFiles(action: Action, connects: readonly NetConnect[], surroundings: Surroundings): readonly Effect[] {
  return action.fields.paths.flatMap(({ member, text }): readonly Effect[] => {
    const target = resolvePath(text, surroundings);
    const via = `payload.${member}`;
    if (isSaved(action, member)) return [{ kind: "fs.write", via, target, mode: "create" }];
    const read: Effect = { kind: "fs.read", via, target };
    const { secret } = target;
    if (secret === null) return [read];
    return [read, ...connects.map((to): Effect => ({ kind: "secret.send", via, secret, host: to.host }))];
  });
}
