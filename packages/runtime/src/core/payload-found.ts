// What has been read of a payload so far.

import type { Verb } from "./action.ts";
import type { CommandParts } from "./payload-commands.ts";

/** What has been read of a payload so far; filled member by member. */
export interface Found {
  readonly verb: Verb;
  readonly known: boolean;
  readonly parts: CommandParts;
  readonly codes: { language: string; text: string }[];
  readonly paths: { member: string; text: string }[];
  readonly urls: { member: string; text: string }[];
  readonly queries: string[];
  readonly texts: { member: string; text: string }[];
  readonly doubts: string[];
  language: string;
  cwd: string | null;
  read: number;
}
