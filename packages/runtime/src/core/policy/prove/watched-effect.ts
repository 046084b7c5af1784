// An effect that tells whether a rule looked at more of it than is known: what a rule says of an effect holds for every
// effect that is alike in what the rule read.

import type { AgentContext } from "../../agent-context.ts";
import type { Effect, EffectKind } from "../../effects/effect.ts";
import type { Rule, RuleInput } from "../../rule.ts";
import { Budget } from "../budget.ts";
import { attributesOf } from "../predicates/effect-attributes.ts";
import { firstPassing, type EffectTest } from "../predicates/effect-test.ts";
import type { AnyAction } from "./floor.ts";

/**
 * Whether a built-in rule denies or asks for every action that has an effect of this kind with these closed values,
 * whatever the agent is granted. It does if it says so of this effect and read nothing else: no other attribute, no
 * setting, nothing of the action, no other effect. What was written may be shown, not looked at.
 */
export function surelySpeaks(rule: Rule, effect: Effect, action: AnyAction): boolean {
  if (!rule.judges.includes(effect.kind)) return false;
  const watch = new Watch();
  try {
    const findings = rule.evaluate(watch.input(action, watch.effect(effect)));
    return !watch.sawMore && findings.some(({ decision }) => decision !== "ALLOW");
  } catch {
    // It handled what stands in for a text as if it were one.
    return false;
  }
}

/** Whether an effect test passes for every effect of this kind with these closed values. */
export function surelyPasses(test: EffectTest, effect: Effect): boolean {
  if (test.kind !== effect.kind) return false;
  const watch = new Watch();
  try {
    // Whom an agent trusts is not the effect's: a test that looks at it looks at the host's name too.
    const asked = { agent: { trusted_domains: [] }, budget: new Budget() };
    return firstPassing([watch.effect(effect)], test, asked) !== null && !watch.sawMore;
  } catch {
    return false;
  }
}

/** Whether an attribute of a kind of effect, by its dotted name, has closed values, every one of which is gone through. */
export function isClosed(kind: EffectKind, dotted: string): boolean {
  // A shell that is given to the network may have no host at all.
  if ((kind === "net.shell" && dotted.startsWith("host")) || dotted === "trusted") return false;
  const types = attributesOf(kind);
  const type = Object.hasOwn(types, dotted) ? types[dotted] : undefined;
  return type === "boolean" || (type !== undefined && typeof type !== "string");
}

class Watch {
  sawMore = false;
  #effectsRead = 0;

  effect(effect: Effect): Effect {
    return this.#members(effect, effect.kind, "");
  }

  // A rule goes through the effects once; one that looks again may be looking at others.
  input(action: AnyAction, effect: Effect): RuleInput {
    const agent: AgentContext = this.#anything(action.agent);
    const input: RuleInput = {
      action: this.#anything(action.action),
      agent,
      facts: this.#anything(action.facts),
      effects: [effect],
    };
    return new Proxy(input, {
      get: (target, name, receiver): unknown => {
        if (name === "effects" && ++this.#effectsRead > 1) this.sawMore = true;
        return Reflect.get(target, name, receiver);
      },
    });
  }

  #members<Value extends object>(value: Value, kind: EffectKind, outer: string): Value {
    return new Proxy(value, {
      get: (target, name, receiver): unknown => {
        const found: unknown = Reflect.get(target, name, receiver);
        const dotted = `${outer}${String(name)}`;
        if (dotted === "kind") return found;
        if (dotted === "via" || name === "text") return this.#shown();
        if (typeof found === "object" && found !== null && (dotted === "target" || dotted === "host")) {
          if (kind === "net.shell") this.sawMore = true;
          return this.#members(found, kind, `${dotted}.`);
        }
        if (!isClosed(kind, dotted)) this.sawMore = true;
        return found;
      },
      ownKeys: (target) => {
        this.sawMore = true;
        return Reflect.ownKeys(target);
      },
      has: (target, name) => {
        this.sawMore = true;
        return Reflect.has(target, name);
      },
    });
  }

  // Evidence is cut, and nothing else is done with it.
  #shown(): unknown {
    return new Proxy(
      {},
      {
        get: (_target, name): unknown => {
          if (name === "slice") return () => "";
          this.sawMore = true;
          return undefined;
        },
      },
    );
  }

  #anything<Value extends object>(value: Value): Value {
    const seen = (): void => {
      this.sawMore = true;
    };
    return new Proxy(value, {
      get: (target, name, receiver): unknown => {
        seen();
        return Reflect.get(target, name, receiver);
      },
      ownKeys: (target) => {
        seen();
        return Reflect.ownKeys(target);
      },
      has: (target, name) => {
        seen();
        return Reflect.has(target, name);
      },
    });
  }
}
