// From the text of a setting to an anchor.
//
//   folder:/mnt/elsewhere        https://host/path        http://127.0.0.1:8080/path (this machine only)
//   syslog://host:514            syslog+udp://  syslog+tcp://  syslog+tls://

import { isAbsolute, resolve } from "node:path";
import { CanopyError } from "../../core/errors.ts";
import { isUsableUrl } from "./bounded-request.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { FolderAnchor } from "./folder-anchor.ts";
import { HttpAnchor } from "./http-anchor.ts";
import { SyslogAnchor, type SyslogTransport } from "./syslog-anchor.ts";

const SYSLOG: ReadonlyMap<string, SyslogTransport> = new Map([
  ["syslog:", "udp"],
  ["syslog+udp:", "udp"],
  ["syslog+tcp:", "tcp"],
  ["syslog+tls:", "tls"],
]);

/**
 * The anchor that a text names. Connects to nothing yet.
 *
 * @throws {CanopyError} `INVALID_CONFIG` when it names none.
 */
export function openAnchor(text: string): CheckpointAnchor {
  if (text.startsWith("folder:")) {
    const path = text.slice("folder:".length);
    if (!isAbsolute(path) || path.includes("\0")) throw invalid(text, "a folder anchor needs an absolute path");
    return new FolderAnchor(resolve(path));
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw invalid(text, "it is neither a folder nor a URL");
  const transport = SYSLOG.get(url.protocol);
  if (transport !== undefined) {
    if (url.hostname === "" || !["", "/"].includes(url.pathname))
      throw invalid(text, "a receiver is a host and a port");
    return new SyslogAnchor(transport, url);
  }
  if (!isUsableUrl(url)) throw invalid(text, "a URL must be https, or http on this machine itself");
  if (url.hash !== "") throw invalid(text, "a URL must have no fragment");
  return new HttpAnchor(url);
}

function invalid(text: string, why: string): CanopyError {
  const shown = text.replace(/:[^:@/]*@/u, ":…@");
  return new CanopyError("INVALID_CONFIG", `\`${shown}\` is no anchor: ${why}`, {
    fix: "give folder:/absolute/path, https://host/path or syslog+tls://host:6514",
  });
}
