// Hosts and URLs: one reader for every layer. Its disguises are taken off an address (octal and hexadecimal as the
// WHATWG URL parser does; enclosed digits, ideographic stops, soft hyphens); the class of what remains is judged.
//
// Where other parsers would reach another host (backslashes, several `@`), both are judged and the worse one counts.

import { getDomain } from "tldts";
import { asciiHost } from "./ascii-host.ts";
import type { HostClass, HostTarget } from "./effect.ts";
import { classifyAddress, laxAddress } from "./host-address.ts";
import { classifyName } from "./host-names.ts";

/** What a URL's text says. */
export interface UrlReading {
  readonly host: HostTarget;
  /** Lower case, without the colon; null when none is written. */
  readonly scheme: string | null;
  /** A user name or password is written before the host. */
  readonly userinfo: boolean;
  /** The spelling is one that parsers disagree on, or that hides what it names: never to be trusted. */
  readonly ambiguous: boolean;
  /** The local path of a `file:` URL; null for others. */
  readonly file: string | null;
}

/** Schemes that lead to no host. */
const HOSTLESS: ReadonlySet<string> = new Set([
  "data",
  "javascript",
  "about",
  "mailto",
  "tel",
  "urn",
  "vbscript",
  "cid",
  "mid",
]);

/** Schemes that wrap another URL. */
const WRAPPERS: ReadonlySet<string> = new Set(["blob", "jar", "view-source", "filesystem", "feed", "url", "zip"]);

/** Schemes that lead to a socket of this machine. */
const SOCKETS: ReadonlySet<string> = new Set(["unix", "http+unix", "https+unix", "npipe", "local"]);

/** Read as a dot in host names, though no normal form says so. */
const IDEOGRAPHIC_STOP = "\u3002";

const MAX_URL_LENGTH = 65_536;
const MAX_WRAPPERS = 4;

/** Names have at most 253 characters; look-alikes and encodings may take more to write. */
const MAX_HOST_LENGTH = 2048;

const CLASS_RANK: Readonly<Record<HostClass, number>> = {
  public: 0,
  invalid: 1,
  unresolved: 2,
  internal_name: 3,
  private: 4,
  loopback: 5,
  metadata: 6,
};

/**
 * Class a host as it stands in a command or a `domain` member: a name or address, with an optional user and port.
 *
 * Total. Cost: linear in the text.
 */
export function classifyHost(text: string): HostTarget {
  return hostOf(stripUser(text.trim()), text);
}

/**
 * Read a URL, or what stands for one: `//host/path`, `host:port/path`, `user@host:path`.
 *
 * Total. Cost: linear in the text; an ordinary URL costs about two microseconds.
 */
export function classifyUrl(text: string): UrlReading {
  const read = readUrl(text, text, 0);
  return isPlain(read) ? read : { ...read, host: { ...read.host, plain: false } };
}

// `git@host:path` and `ssh://git@host` name their user as everybody does; elsewhere a user is a disguise.
function isPlain(read: UrlReading): boolean {
  if (read.ambiguous || read.host.class === "invalid") return false;
  if (read.scheme === null) return !read.userinfo || read.host.port === null;
  if (SECURE_SHELL.has(read.scheme)) return true;
  return SECURE.has(read.scheme) && !read.userinfo && (read.host.port === null || read.host.port === 443);
}

const SECURE: ReadonlySet<string> = new Set(["https", "wss"]);
const SECURE_SHELL: ReadonlySet<string> = new Set(["ssh", "sftp", "scp", "git+ssh", "ssh+git", "rsync+ssh"]);

/**
 * Whether a URL leads to a host in or under one of the trusted domains, by labels, plainly written: `https` or no scheme,
 * its own port, no user, nothing that parsers disagree on. Entries that name a whole public suffix trust nothing.
 *
 * @param trusted as the integrator wrote them.
 */
export function isTrustedDomain(reading: UrlReading, trusted: readonly string[]): boolean {
  const { host } = reading;
  if (host.host === null || host.plain === false || (reading.scheme === null && reading.userinfo)) return false;
  if (host.port !== null && host.port !== 443) return false;
  const name = host.host;
  return trusted.some((entry) => {
    const domain = classifyHost(entry.trim());
    if (domain.host === null || domain.port !== null || /[/@:]/.test(entry)) return false;
    if (name === domain.host) return true;
    return domain.domain !== null && name.endsWith(`.${domain.host}`);
  });
}

/** The graver of two classes: what a careful reader assumes when parsers disagree. */
export function worseClass(left: HostClass, right: HostClass): HostClass {
  return CLASS_RANK[left] >= CLASS_RANK[right] ? left : right;
}

function readUrl(written: string, text: string, depth: number): UrlReading {
  const url = clean(text);
  const hidden = url.length !== text.length;
  if (url === "" || url.length > MAX_URL_LENGTH) return reading(hostTarget(null, written, "invalid"), { hidden });
  const scheme = schemeOf(url);
  if (scheme === null) return schemeless(url, written, hidden);
  const rest = url.slice(scheme.length + 1);
  if (SOCKETS.has(scheme)) return reading(hostTarget("localhost", written, "loopback"), { scheme, hidden });
  if (WRAPPERS.has(scheme) && depth < MAX_WRAPPERS) {
    return {
      ...readUrl(written, (rest.split("!", 1)[0] ?? "").replace(/^\/\//, ""), depth + 1),
      scheme,
      ambiguous: true,
    };
  }
  if (HOSTLESS.has(scheme)) return reading(hostTarget(null, written, "invalid"), { scheme, hidden });
  if (scheme === "file") return { ...reading(fileHost(rest, written), { scheme, hidden }), file: url };
  return authority(rest, written, { scheme, hidden });
}

// Parsers drop white space around (some of every kind) and tabs and line breaks within; what remains is what they read.
function clean(written: string): string {
  const text = /^[^\0-\u0080]|[^\0-\u0080]$/.test(written) ? written.trim() : written;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) <= 32) {
      // oxlint-disable-next-line no-control-regex
      return text.replaceAll(/[\t\n\r]/g, "").replaceAll(/^[\0- ]+|[\0- ]+$/g, "");
    }
  }
  return text;
}

const SPECIAL: ReadonlySet<string> = new Set(["http", "https", "ws", "wss", "ftp", "file"]);

// `http:x` has a scheme; `localhost:3000` and `user:pw@host` have not, unless `//` follows.
function schemeOf(url: string): string | null {
  const colon = url.indexOf(":");
  if (colon <= 0) return null;
  const scheme = url.slice(0, colon).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return null;
  if (SPECIAL.has(scheme) || HOSTLESS.has(scheme) || WRAPPERS.has(scheme) || SOCKETS.has(scheme)) return scheme;
  return /^[/\\]{2}/.test(url.slice(colon + 1, colon + 3)) ? scheme : null;
}

function schemeless(url: string, written: string, hidden: boolean): UrlReading {
  // `user@host:path` as scp, rsync and git take it: the colon starts a path.
  const scp = /^([^/@\\?#\s]+)@([^/:@\\\s]+|\[[0-9a-f:.]+\]):(?!\/\/)(?!\d{1,5}(?:\/|$))/i.exec(url);
  if (scp !== null) return reading(hostOf(scp[2] ?? "", written), { hidden, userinfo: true });
  if (isBareV6(url)) return reading(hostOf(url, written), { hidden });
  return authority(url, written, { hidden });
}

function isBareV6(text: string): boolean {
  return text.split(":").length > 2 && classifyAddress(text) !== null;
}

function fileHost(rest: string, written: string): HostTarget {
  const host = /^[/\\]{2}([^/\\?#]+)/.exec(rest)?.[1];
  return host === undefined ? hostTarget(null, written, "invalid") : hostOf(host, written);
}

interface ReadingParts {
  readonly scheme?: string;
  readonly hidden: boolean;
  readonly userinfo?: boolean;
}

function reading(host: HostTarget, parts: ReadingParts): UrlReading {
  return { host, scheme: parts.scheme ?? null, userinfo: parts.userinfo ?? false, ambiguous: parts.hidden, file: null };
}

// The authority as WHATWG reads it, and as others may: up to the last `@` before the first `/`.
function authority(rest: string, written: string, parts: ReadingParts): UrlReading {
  const start = rest.search(/[^/\\]/);
  if (start < 0) return reading(hostTarget(null, written, "invalid"), parts);
  const body = rest.slice(start);
  const end = body.search(/[/\\?#]/);
  const own = end < 0 ? body : body.slice(0, end);
  const at = own.lastIndexOf("@");
  const hostText = own.slice(at + 1);
  const host = hostOf(hostText, written);
  const other = otherHost(body, end, written);
  const odd =
    parts.hidden || start > 2 || (parts.scheme !== undefined && start < 2) || other !== null || isDisguised(hostText);
  return {
    host: other === null ? host : { ...host, class: worseClass(host.class, other.class) },
    scheme: parts.scheme ?? null,
    userinfo: at >= 0 || parts.userinfo === true,
    ambiguous: odd || host.class === "invalid",
    file: null,
  };
}

// What a parser that does not end the authority at `\`, `?` or `#` would take for the host; null when all agree.
function otherHost(body: string, end: number, written: string): HostTarget | null {
  if (end < 0 || body.charAt(end) === "/") return null;
  const slash = body.indexOf("/");
  const span = slash < 0 ? body : body.slice(0, slash);
  const at = span.lastIndexOf("@");
  if (at < end) return null;
  const host = hostOf(span.slice(at + 1), written);
  return body.charAt(end) !== "\\" && host.class === "internal_name" ? { ...host, class: "public" } : host;
}

// A host that is not written as it is read: folded characters, percent-encoding.
function isDisguised(hostText: string): boolean {
  if (hostText.endsWith(".")) return true;
  if (hostText.length > MAX_HOST_LENGTH) return true;
  for (let index = 0; index < hostText.length; index += 1) {
    const code = hostText.charCodeAt(index);
    if (code === 37 || code <= 32) return true;
    if (code > 126) return hostText.normalize("NFKC") !== hostText || hostText.includes(IDEOGRAPHIC_STOP);
  }
  return false;
}

function stripUser(text: string): string {
  const at = text.lastIndexOf("@");
  return at < 0 ? text : text.slice(at + 1);
}

function hostOf(text: string, written: string): HostTarget {
  if (text === "" || text.length > MAX_HOST_LENGTH) return hostTarget(null, written, "invalid");
  if (/[${}`<>*]/.test(text)) return hostTarget(null, written, "unresolved");
  const bare = isBareV6(text);
  const { name, port } = bare ? { name: `[${text}]`, port: null } : splitPort(text);
  if (isPlainName(name)) return namedTarget(name.toLowerCase(), written, port);
  const canonical = asciiHost(name);
  if (canonical === null) return salvaged(name, written, port);
  const address = classifyAddress(canonical.startsWith("[") ? canonical.slice(1, -1) : canonical);
  if (address !== null) return hostTarget(address.host, written, address.class, port);
  return namedTarget(canonical, written, port);
}

function splitPort(text: string): { readonly name: string; readonly port: number | null } {
  const colon = text.lastIndexOf(":");
  if (colon < 0 || text.endsWith("]")) return { name: text, port: null };
  const digits = text.slice(colon + 1);
  if (!/^\d*$/.test(digits)) return { name: text, port: null };
  return { name: text.slice(0, colon), port: digits === "" ? null : Math.min(Number(digits), 65_536) };
}

// Letters, digits, hyphens and dots, ending in a label that is no number: needs no parser.
function isPlainName(name: string): boolean {
  let lastDot = -1;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index) | 32;
    if (code === 46) {
      if (index === lastDot + 1) return false;
      lastDot = index;
    } else if (!((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || name.charCodeAt(index) === 45))
      return false;
  }
  const head = name.charCodeAt(lastDot + 1) | 32;
  return head >= 97 && head <= 122 && !name.toLowerCase().includes("xn--");
}

function namedTarget(name: string, written: string, port: number | null): HostTarget {
  const host = name.endsWith(".") ? name.replace(/\.+$/, "") : name;
  if (host === "" || host.startsWith(".") || host.includes("..")) return hostTarget(null, written, "invalid", port);
  if (/[${}`<>*]/.test(host)) return hostTarget(null, written, "unresolved", port);
  const address = classifyAddress(host);
  if (address !== null) return hostTarget(address.host, written, address.class, port);
  const hostClass = classifyName(host);
  const domain = host.includes(".") ? getDomain(host, { extractHostname: false, validateHostname: false }) : null;
  return { host, text: written, class: hostClass, port, domain };
}

// No parser of ours takes the host; a lax one may. It counts when it would reach something internal.
function salvaged(name: string, written: string, port: number | null): HostTarget {
  const seen = name.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
  const folded = foldDigits(seen.normalize("NFKC")).toLowerCase().replace(/^\[/, "");
  const kept = /^[a-z0-9.:_-]*/.exec(folded)?.[0] ?? "";
  for (const candidate of [kept, kept.replace(/:\d*$/, "")]) {
    const address = classifyAddress(laxAddress(candidate) ?? candidate);
    if (address !== null && address.class !== "public") return hostTarget(address.host, written, address.class, port);
    if (candidate !== "" && isPlainName(candidate) && candidate.includes("local")) {
      const target = namedTarget(candidate, written, port);
      if (target.class !== "public") return target;
    }
  }
  return hostTarget(null, written, "invalid", port);
}

// Decimal digits of other scripts: NFKC leaves them, some resolvers do not.
function foldDigits(text: string): string {
  return text.replaceAll(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 48;
    if (code < 128) return digit;
    let zero = code;
    while (zero > code - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
    return String((code - zero) % 10);
  });
}

function hostTarget(host: string | null, text: string, hostClass: HostClass, port: number | null = null): HostTarget {
  return { host, text, class: hostClass, port, domain: null };
}
