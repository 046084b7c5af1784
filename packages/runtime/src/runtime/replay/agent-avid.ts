// Whom a reader of a log means: an AVID, or the key or id that it is made from.

import { avidOfText } from "../../identity/identify.ts";
import { sha256 } from "../crypto.ts";

const AVID = /^AVID-[0-9a-f]{64}$/;

/** The AVID that a text is, or that belongs to the `public_key` it is. @throws {CanopyError} `INVALID_KEY`, `INVALID_CONTEXT`. */
export function agentAvid(text: string): string {
  return AVID.test(text) ? text : avidOfText(text, sha256);
}
