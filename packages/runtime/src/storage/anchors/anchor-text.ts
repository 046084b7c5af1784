// The text of a setting that names an anchor, taken apart. Nothing is loaded or connected to.
//
//   folder:/mnt/elsewhere        https://host/path        http://127.0.0.1:8080/path (this machine only)
//   syslog://host:514            syslog+udp://  syslog+tcp://  syslog+tls://

import { isAbsolute, resolve } from "node:path";
import { CanopyError } from "../../core/errors.ts";

/** How a syslog receiver is reached. */
export type SyslogTransport = "udp" | "tcp" | "tls";

/** An anchor that is named, not opened. */
export type NamedAnchor =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "http"; readonly url: URL }
  | { readonly kind: "syslog"; readonly transport: SyslogTransport; readonly url: URL };

const { hash } = process.getBuiltinModule("node:crypto");

const SYSLOG: ReadonlyMap<string, SyslogTransport> = new Map([
  ["syslog:", "udp"],
  ["syslog+udp:", "udp"],
  ["syslog+tcp:", "tcp"],
  ["syslog+tls:", "tls"],
]);
const LOOPBACK = /^127(?:\.\d{1,3}){3}$/;

/**
 * What a text names.
 *
 * @throws {CanopyError} `INVALID_CONFIG` when it names no anchor; a password in it is not shown.
 */
export function parseAnchorText(text: string): NamedAnchor {
  if (text.startsWith("folder:")) {
    const path = text.slice("folder:".length);
    if (!isAbsolute(path) || path.includes("\0")) throw invalid(text, "a folder anchor needs an absolute path");
    return { kind: "folder", path: resolve(path) };
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw invalid(text, "it is neither a folder nor a URL");
  const transport = SYSLOG.get(url.protocol);
  if (transport !== undefined) {
    if (url.hostname === "" || !["", "/"].includes(url.pathname))
      throw invalid(text, "a receiver is a host and a port");
    return { kind: "syslog", transport, url };
  }
  if (!isUsableUrl(url)) throw invalid(text, "a URL must be https, or http on this machine itself");
  if (url.hash !== "") throw invalid(text, "a URL must have no fragment");
  return { kind: "http", url };
}

/** Whether a URL may be asked: https, or http on this machine itself. */
export function isUsableUrl(url: URL): boolean {
  const isLoopback = url.hostname === "localhost" || url.hostname === "[::1]" || LOOPBACK.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback);
}

/** The text of an anchor without what lets one in, for people and records: no name, no password, no value of a query. */
export function shownAnchor(text: string): string {
  const shown = text.replace(/:\/\/[^/?#]*@/u, "://…@");
  return text.startsWith("folder:") ? text : shown.replace(/\?.*$/su, (query) => hiddenValues(query));
}

/** A URL's name, the same way. Values of a query, of which some are signatures, are told apart by their hash. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}${hiddenValues(url.search)}`;
}

function hiddenValues(query: string): string {
  return query.replaceAll(/=[^&]+/gu, (value) => `=…${hash("sha256", value, "hex").slice(0, 8)}`);
}

function invalid(text: string, why: string): CanopyError {
  return new CanopyError("INVALID_CONFIG", `\`${shownAnchor(text)}\` is no anchor: ${why}`, {
    fix: "give folder:/absolute/path, https://host/path or syslog+tls://host:6514",
  });
}
