// A resource by the name that a person knows, and the key that a log has for it.

import { join } from "node:path";
import { CanopyError } from "../core/errors.ts";
import { resourceName } from "../core/effects/effect-resources.ts";
import type { NamedResource } from "../ledger/entry-index/index-proof.ts";
import { resourceKeyOf } from "../ledger/entry-index/resource-key.ts";
import { realFileSystem } from "../storage/file-system.ts";
import { readWhole } from "../storage/owner-file.ts";
import { resourceMaster } from "../storage/subject-keys.ts";
import { sha256 } from "./crypto.ts";

/** A resource as a statement names it, and as a proof does. */
export interface KnownResource {
  /** The resource key in the log's entries. */
  readonly key: string;
  readonly resource: NamedResource;
}

/**
 * The resource key of `kind:target` in the log of that id, by the `payload.key` of a home. With `disclose` the proof holds
 * the key that maps names to resource keys: whoever has it can try names on all resource keys of the log.
 *
 * @throws {CanopyError} `USAGE` when it is no name of a resource; `FILE_UNUSABLE` when the home has no `payload.key`.
 */
export function namedResource(
  text: string,
  { home, log_id, disclose }: { readonly home: string; readonly log_id: string; readonly disclose: boolean },
): KnownResource {
  const name = resourceName(text);
  if (name === null) {
    throw new CanopyError("USAGE", `\`${text}\` is no resource: expected \`kind:target\``, {
      fix: "write it as the effect has it: net.connect:example.com, fs.delete:/srv/data, exec.program:curl, tool:deploy",
    });
  }
  const master = readWhole(realFileSystem, join(home, "payload.key"));
  if (master?.length !== 32) {
    throw new CanopyError("FILE_UNUSABLE", "the home has no `payload.key`, which names resources in the log", {
      fix: "name the folder that the log was written with: --home DIR",
    });
  }
  const key = resourceMaster(master, log_id);
  return { key: resourceKeyOf(name, key, sha256), resource: { name, key: disclose ? key : null } };
}
