// `mode`: whether a rule's verdict counts (`enforce`), is told beside a decision it doesn't change (`warn`), or is only
// kept to be looked at (`shadow`).

import type { RuleKey } from "./rule-key.ts";

/** Whether a rule's verdict counts. */
export interface ModePart {
  readonly mode: "enforce" | "warn" | "shadow";
}

/** Whether a rule's verdict counts. */
export const modeKey: RuleKey<ModePart> = {
  names: ["mode"],
  read: (members, values) => ({
    mode: values.choice(members.get("mode"), ["enforce", "warn", "shadow"]) ?? "enforce",
  }),
};
