// What the executor must do if it proceeds. A decision judges names; only the executor sees the addresses behind them,
// and what a tool gives back. Rules of a policy add to it.

import type { Obligation } from "./decision.ts";
import type { Effect } from "./effects/effect.ts";
import type { JsonObject } from "./json.ts";
import type { RuleObligation } from "./policy-answer.ts";

/**
 * One obligation for each public host name that the action reaches: `pin_addresses` with `host` and `port`. The
 * executor resolves the name once, refuses every address that is not public, and connects to no other.
 *
 * Cost: linear in the effects.
 */
export function obligationsOf(effects: readonly Effect[]): readonly Obligation[] {
  let pinned: Map<string, Obligation> | null = null;
  for (const effect of effects) {
    if (effect.kind !== "net.connect" || effect.host.class !== "public") continue;
    const { host, port, domain } = effect.host;
    // An address needs no resolving: only names have a registrable domain.
    if (host === null || domain === null) continue;
    pinned ??= new Map();
    pinned.set(`${host}:${port ?? ""}`, { type: "pin_addresses", detail: { host, port } });
  }
  return pinned === null ? NONE : [...pinned.values()];
}

const NONE: readonly Obligation[] = [];

/**
 * The obligations of rules, joined: of each kind one, the strictest; one `notify` for each addressee. `detail.rule_refs`
 * names the rules. Cost: linear in them.
 */
export function joinObligations(obligations: readonly RuleObligation[]): readonly Obligation[] {
  const joined = new Map<string, JsonObject>();
  for (const { type, detail, rule_ref } of obligations) {
    const key = type === "notify" ? `notify ${JSON.stringify(detail["to"])}` : type;
    const known = joined.get(key);
    const rule_refs = [...new Set([...namesIn(known?.["rule_refs"]), rule_ref])];
    joined.set(key, { ...(known === undefined ? detail : stricterDetail(known, detail)), rule_refs });
  }
  return [...joined].map(([key, detail]) => ({ type: key.split(" ")[0] ?? key, detail }));
}

function stricterDetail(known: JsonObject, detail: JsonObject): JsonObject {
  const { bytes, fields } = detail;
  if (typeof bytes === "number") return { ...known, bytes: Math.min(bytes, Number(known["bytes"])) };
  if (fields === undefined) return known;
  return { ...known, fields: [...new Set([...namesIn(known["fields"]), ...namesIn(fields)])] };
}

function namesIn(value: JsonObject[string] | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  const list: readonly unknown[] = value;
  return list.filter((item) => typeof item === "string");
}
