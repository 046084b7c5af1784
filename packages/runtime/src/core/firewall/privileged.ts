// Privileges: becoming another user, loosening permissions, leaving a container.

import type { Effect, FsPermission, PathZone } from "../effects/effect.ts";
import { ask, effectRule, type Judgement } from "../effect-rule.ts";
import type { JsonValue } from "../json.ts";
import type { Rule, RuleInput } from "../rule.ts";

/** Raised privileges, permission changes, container escapes, and actions that say they need root. */
export const privileged: Rule = effectRule({
  layer: "firewall",
  id: "firewall:privileged",
  title: "Privileges and permissions",
  display: null,
  reads: "privilege raises, permission changes, containers that reach the host, and the payload's `requires_root`",
  judges: ["privilege.raise", "fs.permission", "container.escape"],
  default: "REQUIRE_APPROVAL; plain modes pass where the files are the user's own",
  override_key: null,
  revision: 1,
  judgeEffect: judge,
  judgeAction: judgeClaim,
});

function judge(effect: Effect): Judgement | null {
  switch (effect.kind) {
    case "privilege.raise":
      return ask("runs with raised privileges", effect.how);
    case "container.escape":
      return ask("gives a container access to the host", effect.how, "critical");
    case "fs.permission":
      return judgePermission(effect);
    default:
      return null;
  }
}

function judgePermission({ target, change }: FsPermission): Judgement | null {
  switch (change) {
    case "setuid":
      return ask("lets a program run as another user", target.text, "critical");
    case "world":
      return ask("lets every user change files", target.text);
    case "owner":
      return ask("gives files to another owner", target.text);
    case "acl":
    case "attribute":
      return ask("changes access lists or attributes", target.text, "medium");
    default:
      return OWN.has(target.zone) ? null : ask("changes permissions", target.text, "medium");
  }
}

// A plain mode (`chmod +x build.sh`, `chmod 644 *.html`) opens nothing to anybody, and only an owner may set it.
const OWN: ReadonlySet<PathZone> = new Set<PathZone>(["inside", "cwd", "temp", "in_home", "outside"]);

// It asks for more, never for less: a payload can't lower anything by leaving it out.
function judgeClaim({ action }: RuleInput): readonly Judgement[] {
  return isTruthy(action.members["requires_root"])
    ? [ask("the action says that it needs root", "payload.requires_root")]
    : [];
}

function isTruthy(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0 && value !== "";
}
