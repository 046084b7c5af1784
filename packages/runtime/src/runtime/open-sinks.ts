// The sinks of a runtime's log. The thread and what it needs are loaded only where one is configured.

import type { LedgerSinks } from "../sinks/ledger-sinks.ts";
import type { SinkTarget } from "../sinks/sink-target.ts";
import type { Settings } from "./config.ts";
import type { Clock, Ledger } from "../ledger/ports.ts";

/** Start feeding the sinks; null when there are none. Throws the system's error when their cursors can't be kept. */
export async function openSinks(
  { audit_log_path, home, redact_fields }: Settings,
  parts: { readonly targets: readonly SinkTarget[]; readonly ledger: Ledger; readonly clock: Clock },
): Promise<LedgerSinks | null> {
  if (parts.targets.length === 0) return null;
  const { LedgerSinks } = await import("../sinks/ledger-sinks.ts");
  return new LedgerSinks({ ...parts, log: audit_log_path, home, fields: redact_fields });
}
