// Who an approver is, as the configuration says: a vote's own name for itself proves nothing, its key does.
//
//   approver_names   {"alice": <public key>}            names of keys
//   approver_roles   {"finance": ["alice", <key>, …]}   roles, by name or key
//
// Being named gives no key a vote: it must also stand in `approvers`, or be this home's own approver key.

import type { ApprovalRequirement, ApproverTest } from "../core/approval-requirement.ts";
import type { RequiredSet } from "../approvals/judge-votes.ts";
import { CanopyError } from "../core/errors.ts";
import { keyIdOf } from "../identity/key-id.ts";
import { parsePublicKey } from "../identity/public-key.ts";
import { sha256 } from "./crypto.ts";

/** Names and roles of approvers: public keys (PEM, JWK or did:key); in roles also key ids, and names that stand in `approver_names`. */
export interface ApproverSettings {
  readonly approver_names: Readonly<Record<string, string>>;
  readonly approver_roles: Readonly<Record<string, readonly string[]>>;
}

const KEY_ID = /^[0-9a-f]{32}$/;

/**
 * The sets of keys that a requirement asks for. A role or a name that nothing is known of has no keys: its set can't be met.
 *
 * @throws {CanopyError} `INVALID_CONFIG` when a configured key is no usable key.
 */
export function requiredSets(requirement: ApprovalRequirement, settings: ApproverSettings): readonly RequiredSet[] {
  return requirement.by.map(({ any, count }) => ({
    count,
    wanted: any.map(testText).join(" or "),
    key_ids: new Set(any.flatMap((test) => keysOf(test, settings))),
  }));
}

/** An approver as people write it: `role finance`, `alice`. */
export function testText(test: ApproverTest): string {
  return "role" in test ? `role ${test.role}` : test.approver;
}

/** The key ids that a name or a public key stands for. @throws {CanopyError} `INVALID_CONFIG`. */
export function keyIdsNamed(name: string, settings: ApproverSettings): readonly string[] {
  if (Object.hasOwn(settings.approver_names, name)) return [keyIdOfText(settings.approver_names[name] ?? "", name)];
  if (KEY_ID.test(name)) return [name];
  try {
    return [keyIdOf(parsePublicKey(name), sha256)];
  } catch {
    // A name that the configuration doesn't know.
    return [];
  }
}

function keysOf(test: ApproverTest, settings: ApproverSettings): readonly string[] {
  if ("approver" in test) return keyIdsNamed(test.approver, settings);
  const members = Object.hasOwn(settings.approver_roles, test.role) ? settings.approver_roles[test.role] : undefined;
  return (members ?? []).flatMap((member) => {
    const ids = keyIdsNamed(member, settings);
    if (ids.length > 0) return ids;
    throw new CanopyError("INVALID_CONFIG", `\`approver_roles.${test.role}\` names \`${member}\`, which is no key`, {
      fix: "list public keys, or names that stand in approver_names",
    });
  });
}

function keyIdOfText(key: string, name: string): string {
  try {
    return keyIdOf(parsePublicKey(key), sha256);
  } catch (cause) {
    throw new CanopyError("INVALID_CONFIG", `\`approver_names.${name}\` must be a public key (PEM, JWK or did:key)`, {
      cause,
    });
  }
}
