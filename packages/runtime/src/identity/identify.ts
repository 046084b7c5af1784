// Who an agent is: its AVID, and whether that is proven or only said.
//
//   AVID = "AVID-" + hex SHA-256( "canopy-avid-v2" ‖ 0x00 ‖ kind ‖ 0x00 ‖ bytes )
//   kind ∈ ed25519-pub, p256-pub (bytes: the multicodec key), opaque (bytes: the UTF-8 of the id as given)
//
// The key alone makes the AVID: traces, limits and other settings of the context don't change it.

import type { AgentContext } from "../core/agent-context.ts";
import { CanopyError } from "../core/errors.ts";
import { encodeHex } from "./hex.ts";
import { looksLikeKey, MAX_KEY_LENGTH, multicodecOf, parsePublicKey, type PublicKey } from "./public-key.ts";

/** Whether the holder has shown that it has the private key. */
export type IdentityStrength = "asserted" | "proven";

/** Who is acting. */
export interface Identity {
  readonly avid: string;
  readonly identity: IdentityStrength;
}

/** What identification needs of the host. */
export interface IdentityTools {
  /** SHA-256, 32 bytes. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** Whether the holder of this AVID has proven its key to this runtime and the proof still holds. Absent: nobody has. */
  readonly isProven?: (avid: string, agent: AgentContext) => boolean;
}

const CACHE_SIZE = 1024;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Identify an agent.
 *
 * @throws {CanopyError} `INVALID_KEY` when `public_key` means to be a key and isn't a usable one;
 *   `INVALID_CONTEXT` when a claimed `avid` is another's, or an opaque id is too long or not well-formed text.
 */
export function identify(agent: AgentContext, tools: IdentityTools): Identity {
  return identityOf(agent, avidOfText(agent.public_key, tools.sha256), tools);
}

/**
 * The same with a memory of the last keys, since parsing one costs more than a decision may.
 *
 * Cost: one look-up for a key that was seen before; at most 1024 are kept.
 */
export function createIdentify(tools: IdentityTools): (agent: AgentContext) => Identity {
  const known = new Map<string, string>();
  return (agent) => {
    let avid = known.get(agent.public_key);
    if (avid === undefined) {
      avid = avidOfText(agent.public_key, tools.sha256);
      if (known.size >= CACHE_SIZE) known.clear();
      known.set(agent.public_key, avid);
    }
    return identityOf(agent, avid, tools);
  };
}

/** The AVID of a public key. */
export function avidOfKey(key: PublicKey, sha256: IdentityTools["sha256"]): string {
  return avidOfBytes(key.kind, multicodecOf(key), sha256);
}

/** The AVID of a `public_key` text: of the key it holds, else of the opaque id it is. */
export function avidOfText(text: string, sha256: IdentityTools["sha256"]): string {
  if (looksLikeKey(text)) return avidOfKey(parsePublicKey(text), sha256);
  if (text.length > MAX_KEY_LENGTH) throw invalid(`public_key must have at most ${MAX_KEY_LENGTH} characters`);
  if (LONE_SURROGATE.test(text)) throw invalid("public_key must be well-formed text, without lone surrogates");
  return avidOfBytes("opaque", new TextEncoder().encode(text), sha256);
}

function avidOfBytes(kind: PublicKey["kind"] | "opaque", bytes: Uint8Array, sha256: IdentityTools["sha256"]): string {
  const head = new TextEncoder().encode(`canopy-avid-v2\0${kind}\0`);
  const input = new Uint8Array(head.length + bytes.length);
  input.set(head);
  input.set(bytes, head.length);
  return `AVID-${encodeHex(sha256(input))}`;
}

function identityOf(agent: AgentContext, avid: string, tools: IdentityTools): Identity {
  const claimed = agent.raw["avid"] ?? "";
  if (claimed !== "" && claimed !== avid) {
    throw invalid("agent_ctx.avid must be absent, empty, or the AVID of agent_ctx.public_key", "agent_ctx.avid");
  }
  return { avid, identity: tools.isProven?.(avid, agent) === true ? "proven" : "asserted" };
}

function invalid(message: string, at = "agent_ctx.public_key"): CanopyError {
  return new CanopyError("INVALID_CONTEXT", message, {
    at,
    fix: "the AVID comes from the key alone; leave agent_ctx.avid out to have it computed",
  });
}
