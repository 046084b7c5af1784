// From the text of a setting to an anchor that can be asked.

import { parseAnchorText } from "./anchor-text.ts";
import type { CheckpointAnchor } from "./checkpoint-anchor.ts";
import { FolderAnchor } from "./folder-anchor.ts";
import { HttpAnchor } from "./http-anchor.ts";
import { SyslogAnchor } from "./syslog-anchor.ts";

/** The anchor that a text names. Connects to nothing yet. Throws as `parseAnchorText`. */
export function openAnchor(text: string): CheckpointAnchor {
  const named = parseAnchorText(text);
  switch (named.kind) {
    case "folder":
      return new FolderAnchor(named.path);
    case "http":
      return new HttpAnchor(named.url);
    case "syslog":
      return new SyslogAnchor(named.transport, named.url);
    default: {
      const never: never = named;
      return never;
    }
  }
}
