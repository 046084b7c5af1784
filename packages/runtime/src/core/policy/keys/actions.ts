// `action_type` and `actions`: which actions a rule is asked about. A rule has exactly one of the two.
//
//   action_type: name
//   actions: "any" | [ name | "verb:" verb, … ]

import { VERBS, type Verb } from "../../action.ts";
import type { Located, LocatedEntry } from "../parse.ts";
import type { ValueReader } from "../rule-values.ts";
import { suggestion } from "../suggest.ts";
import { typeKey } from "../type-name.ts";
import type { RuleKey } from "./rule-key.ts";

/** Which actions a rule is asked about: all, or those of a type or a verb that it lists. */
export interface ActionsPart {
  readonly any: boolean;
  /** As written; `typeKey` brings a name and an action's type together. */
  readonly types: readonly string[];
  readonly verbs: readonly Verb[];
}

const NONE: ActionsPart = { any: false, types: [], verbs: [] };
/** The most types and verbs that one rule may list. */
const MAX_ACTIONS = 256;

function isVerb(name: string): name is Verb {
  return VERBS.some((verb) => verb === name);
}

/** Which actions a rule is asked about. */
export const actionsKey: RuleKey<ActionsPart> = {
  names: ["action_type", "actions"],
  read: (members, values, at) => {
    const type = members.get("action_type");
    const actions = members.get("actions");
    if (actions === undefined) {
      if (type === undefined) {
        const message = "the rule has no `action_type`, so it could never apply";
        values.problems.refuse("missing_key", at, message, "name a type, or write `actions: any`");
        return NONE;
      }
      const text = values.text(type);
      return text === null ? NONE : { ...NONE, types: readType(text, type.value, values) };
    }
    if (type !== undefined) {
      const message = "the rule has both `action_type` and `actions`";
      values.problems.refuse("unknown_key", actions, message, "put the type into the list of `actions`");
    }
    return readActions(actions, values);
  },
};

function readActions(entry: LocatedEntry, values: ValueReader): ActionsPart {
  const { value } = entry;
  if (value.kind === "text" && value.text === "any") return { ...NONE, any: true };
  if (value.kind !== "list") {
    const message = "`actions` must be `any` or a list of types and verbs";
    values.problems.refuse("wrong_type", value, message, 'write `actions: any`, or `actions: [refund, "verb:money"]`');
    return NONE;
  }
  const items = values.items(entry, MAX_ACTIONS);
  const types: string[] = [];
  const verbs: Verb[] = [];
  for (const item of items) {
    if (item.text.startsWith("verb:")) verbs.push(...readVerb(item.text, item.at, values));
    else if (item.text === "any") {
      values.problems.refuse("unknown_value", item.at, "`any` stands alone, not in a list", "write `actions: any`");
    } else types.push(...readType(item.text, item.at, values));
  }
  return { any: false, types, verbs };
}

function readVerb(text: string, at: Located, values: ValueReader): readonly Verb[] {
  const name = text.slice("verb:".length);
  if (isVerb(name)) return [name];
  values.problems.refuse("unknown_value", at, `there is no verb \`${name}\``, suggestion(name, VERBS));
  return [];
}

function readType(text: string, at: Located, values: ValueReader): readonly string[] {
  values.reportYamlBoolean(at);
  if (text === "any" || text === "all" || text.startsWith("verb:")) {
    // Taken for a type's name, the rule would cover no action that anybody asks for, and say nothing of it.
    const fix = text.startsWith("verb:") ? `write \`actions: ["${text}"]\`` : "write `actions: any`";
    values.problems.refuse(
      "unknown_value",
      at,
      `\`${text}\` is not a type's name, so the rule would cover nothing`,
      fix,
    );
  } else if (/[*?]/.test(text)) {
    const message = `\`${text}\` is not a type's name: patterns of types are not read`;
    values.problems.refuse("unknown_value", at, message, "list the types in `actions`, or write `actions: any`");
  } else if (!/[\p{L}\p{N}]/u.test(typeKey(text))) {
    const message = `\`${text}\` is not a type's name: expected letters or digits`;
    values.problems.refuse("unknown_value", at, message);
  }
  return [text];
}
