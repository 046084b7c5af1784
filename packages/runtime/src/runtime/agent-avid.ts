// Whom a person means who names an agent: by its AVID, or by the key or id that it is made from.

import { CanopyError } from "../core/errors.ts";
import { avidOfText } from "../identity/identify.ts";
import { sha256 } from "./crypto.ts";

const AVID = /^AVID-[0-9a-f]{64}$/;

/**
 * The AVID that a text is, or that belongs to the `public_key` it is. One that is cut short, as tables show it, names
 * nobody: it would be taken for a key, and for another agent.
 *
 * @throws {CanopyError} `INVALID_KEY`, `INVALID_CONTEXT`.
 */
export function agentAvid(text: string): string {
  if (AVID.test(text)) return text;
  if (!/^avid-/i.test(text)) return avidOfText(text, sha256);
  throw new CanopyError(
    "INVALID_KEY",
    `\`${text.slice(0, 80)}\` is no whole AVID: expected AVID- and 64 digits a-f, 0-9`,
    {
      fix: "give all of it (`canopy log --json` shows it), or the agent's public key or id",
    },
  );
}
