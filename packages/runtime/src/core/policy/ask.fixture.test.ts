// For tests of policies: a policy's text asked about an action that is put together by hand.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { parseAgentContext } from "../agent-context.ts";
import type { Action, Verb } from "../action.ts";
import { canonicalJson } from "../canonical.ts";
import { NO_SURROUNDINGS } from "../effects/surroundings.ts";
import type { Effect } from "../effects/effect.ts";
import { CanopyError } from "../errors.ts";
import type { Facts } from "../facts.ts";
import type { Finding } from "../finding.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { PolicyAnswer } from "../policy-answer.ts";
import { compilePolicy, type CompiledPolicy } from "./index.ts";

const tools = { sha256Hex: (bytes: Uint8Array): string => hash("sha256", bytes, "hex") };

/** Facts of a world where nothing is going on. */
export const FACTS: Facts = { now_ms: 0, kill_switch: null, surroundings: NO_SURROUNDINGS };

/** A public host, as an effect has it. */
export const HOST = {
  host: "a.example.com",
  text: "A.example.com",
  class: "public",
  port: 443,
  domain: "example.com",
} as const;

/** What an action is put together from. */
export interface Asked {
  readonly type?: string;
  readonly raw?: string;
  readonly verb?: Verb;
  readonly payload?: JsonValue;
  readonly agent?: JsonObject;
  readonly effects?: readonly Effect[];
  readonly facts?: Partial<Facts>;
}

/** Compile a policy's text. */
export function compile(text: string | Uint8Array): CompiledPolicy {
  return compilePolicy(text, { file: null, source: "argument", tools });
}

/** What a policy says of an action. */
export function ask(policy: string, asked: Asked): PolicyAnswer {
  return compile(policy).evaluate({
    action: actionOf(asked),
    effects: asked.effects ?? [],
    agent: parseAgentContext({ public_key: "k", ...asked.agent }),
    facts: { ...FACTS, ...asked.facts },
  });
}

/** The findings of a policy on an action. */
export function findings(policy: string, asked: Asked): readonly Finding[] {
  return ask(policy, asked).findings;
}

/** Why a policy does not load. */
export function refusal(text: string | Uint8Array): CanopyError {
  try {
    compile(text);
  } catch (error) {
    assert.ok(error instanceof CanopyError);
    assert.equal(error.code, "INVALID_POLICY");
    return error;
  }
  throw new assert.AssertionError({ message: "the policy was accepted" });
}

/** An action, put together by hand. */
export function actionOf({ type = "run_job", raw = type, verb = "other", payload = {} }: Asked): Action {
  const members = isJsonObject(payload) ? payload : {};
  const text = (name: string): string[] => {
    const value = members[name];
    return typeof value === "string" ? [value] : [];
  };
  return {
    action_type: type,
    raw_action_type: raw,
    verb,
    known: true,
    changing: false,
    payload,
    members,
    fields: {
      commands: verb === "exec" ? text("command") : [],
      argvs: [],
      codes: [],
      paths: text("path").map((path) => ({ member: "path", text: path })),
      urls: [],
      queries: [],
      texts: [],
    },
    calls: [],
    doubts: [],
    cwd: null,
    canonical: canonicalJson({ action_type: type, cwd: null, payload }),
    digest: "sha256:00",
  };
}
