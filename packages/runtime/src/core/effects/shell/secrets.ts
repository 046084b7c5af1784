// How secrets travel through a command: from what reads them, through pipes and words, to what sends.

import type { Effect } from "../effect.ts";
import type { Stream, Word } from "../programs/program.ts";
import { UNKNOWN_OUTPUT } from "./value.ts";
import { wordSet } from "../../word-set.ts";

/** What a program writes, when its row doesn't say: unknown text that carries on what flowed in or was read. */
export function outputOf(effects: readonly Effect[], stdin: Stream | null): Stream {
  const secret = secretRead(effects) ?? stdin?.secret ?? null;
  const obfuscated = stdin?.obfuscated ?? null;
  if (secret === null && obfuscated === null) return UNKNOWN_OUTPUT;
  return { text: null, secret, obfuscated, origin: null };
}

/** The kind of secret that is read among the effects, or null. */
export function secretRead(effects: readonly Effect[]): string | null {
  for (const effect of effects) {
    if (effect.kind === "secret.read") return effect.secret;
    if (effect.kind === "fs.read" && effect.target.secret !== null) return effect.target.secret;
  }
  return null;
}

/** Programs whose words are themselves sent: requests, look-ups, raw connections. Others take secrets to log in. */
const SENDERS: ReadonlySet<string> = wordSet(
  "curl wget http https httpie xh aria2c nc ncat netcat socat telnet nslookup dig host ping drill sendmail mail",
);

/** Options of senders that carry credentials on purpose. */
const CREDENTIAL_OPTION =
  /^(?:-H|--header|-u|--user|--oauth2-bearer|-b|--cookie|-a|--auth|--password|--http-password)(?:=|$)/;

/** The secret that a command would send if it connects to a host, or null. */
export function outgoingSecret(program: string, words: readonly Word[], stdin: Stream | null): string | null {
  const flowing = stdin?.secret ?? null;
  if (flowing !== null) return flowing;
  if (!SENDERS.has(program)) return null;
  for (let at = 1; at < words.length; at += 1) {
    const secret = words[at]?.secret ?? null;
    const before = words[at - 1]?.text ?? "";
    if (secret === null || CREDENTIAL_OPTION.test(before)) continue;
    if (!CREDENTIAL_OPTION.test(words[at]?.text ?? "")) return secret;
  }
  return null;
}
