// The Firewall: families of effects that no override of the Civil Code speaks for.

import type { Rule } from "../rule.ts";
import { content } from "./content.ts";
import { database } from "./database.ts";
import { destructive } from "./destructive.ts";
import { exfiltration } from "./exfiltration.ts";
import { fileScope } from "./file-scope.ts";
import { host } from "./host.ts";
import { identity } from "./identity.ts";
import { infrastructure } from "./infrastructure.ts";
import { injection } from "./injection.ts";
import { network } from "./network.ts";
import { obfuscation } from "./obfuscation.ts";
import { packages } from "./packages.ts";
import { persistence } from "./persistence.ts";
import { privileged } from "./privileged.ts";
import { protectedPaths } from "./protected-paths.ts";
import { unknown } from "./unknown.ts";
import { unresolved } from "./unresolved.ts";
import { vcs } from "./vcs.ts";

/** The rule families, in the order in which ties are settled. */
export const FIREWALL: readonly Rule[] = [
  protectedPaths,
  destructive,
  exfiltration,
  obfuscation,
  injection,
  unresolved,
  privileged,
  persistence,
  network,
  host,
  identity,
  database,
  infrastructure,
  packages,
  vcs,
  fileScope,
  content,
  unknown,
];
