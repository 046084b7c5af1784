// `obligations`: what the executor must do if it proceeds. They hold whenever the rule applies and the decision is no DENY.

import type { Obligation } from "../../decision.ts";
import type { LocatedEntry } from "../parse.ts";
import { readMap } from "../members.ts";
import { readInteger } from "../quantities.ts";
import type { ValueReader } from "../rule-values.ts";
import type { RuleKey } from "./rule-key.ts";

/** What the executor must do if it proceeds. */
export interface ObligationsPart {
  readonly obligations: readonly Obligation[];
}

const KEYS = {
  known: ["redact", "require_dry_run", "pin_addresses", "limit_output", "notify"],
  of: "an obligation",
};
const MAX_OBLIGATIONS = 16;
const MAX_FIELDS = 64;
/** 1 GiB. */
const MAX_OUTPUT = 1_073_741_824;

/** What the executor must do if it proceeds. */
export const obligationsKey: RuleKey<ObligationsPart> = {
  names: ["obligations"],
  acts: ["obligations"],
  read: (members, values) => {
    const entry = members.get("obligations");
    if (entry === undefined) return { obligations: [] };
    return { obligations: values.list(entry, MAX_OBLIGATIONS).flatMap((item) => readObligations(item, values)) };
  },
};

function readObligations(item: LocatedEntry["value"], values: ValueReader): readonly Obligation[] {
  const members = readMap(item, KEYS, values.problems);
  if (members === null) return [];
  return [...members.values()].flatMap((entry) => readObligation(entry, values) ?? []);
}

function readObligation(entry: LocatedEntry, values: ValueReader): Obligation | null {
  switch (entry.key) {
    case "redact":
      return { type: "redact", detail: { fields: readFields(entry, values) } };
    case "limit_output": {
      const bytes = readInteger(entry, { least: 1, most: MAX_OUTPUT }, values.problems);
      return bytes === null ? null : { type: "limit_output", detail: { bytes } };
    }
    case "notify":
      return { type: "notify", detail: { to: values.text(entry) ?? "" } };
    case "pin_addresses":
      // Whatever it connects to, also where no host is named.
      return isTrue(entry, values) ? { type: "pin_addresses", detail: { host: null, port: null } } : null;
    default:
      return isTrue(entry, values) ? { type: entry.key, detail: {} } : null;
  }
}

function isTrue(entry: LocatedEntry, values: ValueReader): boolean {
  if (entry.value.kind === "boolean" && !entry.value.value) {
    values.problems.refuse("no_effect", entry.value, `\`${entry.key}: false\` obliges to nothing`, "drop it");
  }
  return values.flag(entry);
}

function readFields(entry: LocatedEntry, values: ValueReader): readonly string[] {
  return values.items(entry, MAX_FIELDS).map(({ text, at }) => {
    if (!/^(?:payload|result)(?:\.[\w-]+)+$/.test(text)) {
      const message = `\`${text}\` names no member: expected \`payload.name\` or \`result.name\``;
      values.problems.refuse("unknown_value", at, message);
    }
    return text;
  });
}
