// Static types of calls.

import { checkNode, wrong, type TypeScope } from "./check.ts";
import { overloadsOf } from "./call.ts";
import { FUNCTIONS } from "./functions/index.ts";
import type { CallNode, CelNode } from "./node.ts";
import { CelProblem } from "./problem.ts";
import { suggestion } from "../suggest.ts";
import { fixedOffset } from "./time.ts";
import { BOOL, DYN, mayBe, typeText, type CelType } from "./type.ts";

/**
 * The type that a call gives.
 *
 * @throws {CelProblem} for an unknown function, and for arguments that none of its overloads takes.
 */
export function checkCall(node: CallNode, scope: TypeScope): CelType {
  const target = node.target === null ? null : checkNode(node.target, scope);
  const args = node.args.map((arg) => checkNode(arg, scope));
  if (node.name === "matches") return checkMatches(node, target);
  const overloads = overloadsOf(node);
  if (overloads.length === 0) throw unknownFunction(node);
  const fitting = overloads.filter(
    (one) =>
      (one.target === null || (target !== null && mayBe(target, one.target))) &&
      one.args.every((kind, index) => mayBe(args[index] ?? DYN, kind)),
  );
  const [first, ...others] = fitting;
  if (first === undefined) throw noOverload(node, target, args);
  checkZone(node);
  checkCurrency(node);
  return others.every((one) => one.result.kind === first.result.kind) ? first.result : DYN;
}

function checkMatches(node: CallNode, target: CelType | null): CelType {
  if (target === null) throw wrong(node, "`matches` is asked of a text", "write text.matches('pattern')");
  if (!mayBe(target, "string")) throw wrong(node, `\`matches\` takes text, not a ${typeText(target)}`);
  const [pattern] = node.args;
  const literal = node.args.length === 1 && pattern?.kind === "literal" && typeof pattern.value === "string";
  if (literal) return BOOL;
  const fix = "write the pattern itself in quotes, so that it can be checked when the policy loads";
  throw new CelProblem("unusable_pattern", pattern ?? node, "`matches` takes one pattern in quotes", fix);
}

function unknownFunction(node: CallNode): CelProblem {
  const { name, target } = node;
  const known = Object.hasOwn(FUNCTIONS, name) ? (FUNCTIONS[name] ?? []) : [];
  if (known.length === 0) {
    const names = [...Object.keys(FUNCTIONS), "matches", "has", "all", "exists", "exists_one", "map", "filter"];
    return new CelProblem("unknown_name", node, `there is no function \`${name}\``, suggestion(name, names));
  }
  const member = known.some((one) => one.target !== null);
  if (target === null && member && known.every((one) => one.target !== null)) {
    return wrong(node, `\`${name}\` is asked of a value`, `write value.${name}(…)`);
  }
  if (target !== null && !member) return wrong(node, `\`${name}\` is a plain function`, `write ${name}(…)`);
  const counts = [...new Set(known.map((one) => one.args.length))].join(" or ");
  return wrong(node, `\`${name}\` takes ${counts} arguments, not ${node.args.length}`);
}

function noOverload(node: CallNode, target: CelType | null, args: readonly CelType[]): CelProblem {
  const given = [...(target === null ? [] : [target]), ...args].map(typeText).join(", ");
  const times = target?.kind === "json" && /^get[A-Z]/.test(node.name);
  const fix = times ? "write timestamp(…) around the value" : undefined;
  return wrong(node, `\`${node.name}\` takes no ${given === "" ? "arguments" : given}`, fix);
}

// A named zone's offset is a fact about now: for another time it may be an hour off.
function checkZone({ name, target, args }: CallNode): void {
  const [zone] = args;
  if (!/^get[A-Z]/.test(name) || zone === undefined) return;
  if (zone.kind !== "literal" || typeof zone.value !== "string") {
    throw wrong(zone, "a time zone is written in quotes", 'write "UTC", "+02:00" or "Europe/Berlin"');
  }
  if (fixedOffset(zone.value) !== null) return;
  if (!ZONE_NAME.test(zone.value)) {
    throw new CelProblem(
      "unknown_value",
      zone,
      `\`${zone.value}\` is no time zone`,
      'write "Europe/Berlin" or "+02:00"',
    );
  }
  if (target?.kind === "ident" && target.name === "now") return;
  throw wrong(zone, "the offset of a named zone is known for `now` only", 'write "UTC" or "+02:00" here');
}

const ZONE_NAME = /^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*){1,2}$/;

function checkCurrency({ name, args }: CallNode): void {
  const [currency] = args;
  if (name !== "spend" || currency === undefined) return;
  if (currency.kind === "literal" && typeof currency.value === "string" && /^[A-Za-z]{3,10}$/.test(currency.value))
    return;
  throw wrong(currency, "`spend` takes a currency in quotes", 'write spend("USD")');
}

/** The zones that a condition asks the facts for: names, without those of a fixed offset. */
export function zoneNamed(node: CelNode): string | null {
  if (node.kind !== "call" || !/^get[A-Z]/.test(node.name)) return null;
  const [zone] = node.args;
  const name = zone?.kind === "literal" && typeof zone.value === "string" ? zone.value : null;
  return name === null || fixedOffset(name) !== null ? null : name;
}
