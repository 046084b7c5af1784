// How the tree over a log is kept with the keys of a home.

import type { TlogOptions } from "../storage/tlog/tlog-options.ts";
import type { Settings } from "./config.ts";
import { checkpointVerifierKeys } from "./keys.ts";
import { finishRotation } from "./finish-rotation.ts";
import { openSigner } from "./signer.ts";

/** The keeping of the tree as settings have it; nothing where they leave it out. The checkpoint key is made on first use. */
export function homeTlog(settings: Settings): { readonly tlog?: TlogOptions } {
  const { home, tlog, log_origin, tlog_entries, heartbeat_ms } = settings;
  if (!tlog) return {};
  finishRotation(settings);
  const keys = {
    signer: () => openSigner(home, "checkpoint"),
    vkeys: (origin: string) => checkpointVerifierKeys(home, origin),
  };
  return { tlog: { keys, origin: log_origin, entries: tlog_entries, heartbeatMs: heartbeat_ms } };
}
