// Names in a claim of absence that the log has nowhere: a typing error is absent, too.

import { LogReader } from "canopy-runtime/log-reader";
import { askedType } from "./recorded-names.ts";
import type { Statement } from "canopy-runtime/proofs";

/** What is asked of a log: one member alone, wherever and whenever. */
type Asked = NonNullable<Parameters<LogReader["newest"]>[1]>;

/**
 * The conditions of a claim of absence that no entry of the log meets at all, in words; not of those whose words are
 * known (recorded-names.ts). Cost: a look-up each, or a scan where the log has no index.
 */
export function unheardOf(
  log: string,
  home: string,
  { claim, where, except_agent, tenant }: Statement,
): readonly string[] {
  if (claim !== "absent") return [];
  const { avid, action_type, trace_id, incident_id } = where;
  const asked: readonly (readonly [what: string, Asked])[] = [
    ...(avid === undefined ? [] : [["agent", { avid }] as const]),
    ...(except_agent === null ? [] : [["excepted agent", { avid: except_agent }] as const]),
    ...(action_type === undefined || askedType(action_type).own ? [] : [["action", { action_type }] as const]),
    ...(trace_id === undefined ? [] : [["trace", { trace_id }] as const]),
    ...(incident_id === undefined ? [] : [["incident", { incident_id }] as const]),
    ...(tenant === null ? [] : [["tenant", { tenant_id: tenant }] as const]),
  ];
  const reader = LogReader.open(log, { home });
  try {
    return asked.flatMap(([what, filter]) => (reader.newest(1, filter).length > 0 ? [] : [what]));
  } finally {
    reader.close();
  }
}
