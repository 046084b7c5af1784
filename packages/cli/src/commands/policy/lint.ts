// `canopy policy lint`: the same as `canopy lint-policy`.

import type { CliCommand } from "../../define-command.ts";
import { lintCommand } from "../lint-policy.ts";

/** The command. */
export const lint: CliCommand = lintCommand("policy lint");
