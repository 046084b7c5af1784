// `+ - * / %` and the unary minus. What does not fit fails; nothing is ever rounded or wrapped but doubles, as IEEE says.

import { toDecimal } from "./compare.ts";
import { computeDecimal } from "./decimal-value.ts";
import { failed, payForText, type CallSite } from "./function.ts";
import { CelDuration, CelTimestamp, durationOf, timestampOf } from "./time.ts";
import {
  CelBytes,
  CelDecimal,
  CelUint,
  inInt64,
  inUint64,
  isCelList,
  type CelOutcome,
  type CelValue,
} from "./value.ts";

/** The operators that compute. */
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

/** Compute. Throws only `BudgetSpent`; integers cost what two 64-bit ones cost, texts and lists their length. */
export function compute(operator: Arithmetic, left: CelValue, right: CelValue, call: CallSite): CelOutcome {
  if (typeof left === "number" && typeof right === "number") return ofDoubles(operator, left, right, call);
  if (typeof left === "bigint" && typeof right === "bigint") {
    const result = ofIntegers(operator, left, right, call);
    return typeof result !== "bigint" || inInt64(result) ? result : failed("overflow", "the int overflows", call);
  }
  if (left instanceof CelUint && right instanceof CelUint) {
    const result = ofIntegers(operator, left.value, right.value, call);
    if (typeof result !== "bigint") return result;
    return inUint64(result) ? new CelUint(result) : failed("overflow", "the uint overflows", call);
  }
  if (left instanceof CelDecimal || right instanceof CelDecimal) return ofDecimals(operator, left, right, call);
  if (operator === "+") return joined(left, right, call);
  return operator === "-" ? ofTimes(operator, left, right, call) : noOverload(operator, call);
}

/** The unary minus. */
export function negated(value: CelValue, call: CallSite): CelOutcome {
  if (typeof value === "number") return -value;
  if (value instanceof CelDecimal) return new CelDecimal(-value.digits, value.scale);
  if (typeof value !== "bigint") return noOverload("-", call);
  return inInt64(-value) ? -value : failed("overflow", "the int overflows", call);
}

function noOverload(operator: string, call: CallSite): CelOutcome {
  return failed("no_such_overload", `\`${operator}\` takes no values of these types`, call);
}

function ofDoubles(operator: Arithmetic, left: number, right: number, call: CallSite): CelOutcome {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      return noOverload("%", call);
    default:
      return operator satisfies never;
  }
}

function ofIntegers(operator: Arithmetic, left: bigint, right: bigint, call: CallSite): CelOutcome {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0n ? failed("divide_by_zero", "division by zero", call) : left / right;
    case "%":
      return right === 0n ? failed("divide_by_zero", "modulus by zero", call) : left % right;
    default:
      return operator satisfies never;
  }
}

function ofDecimals(operator: Arithmetic, left: CelValue, right: CelValue, call: CallSite): CelOutcome {
  const a = toDecimal(left);
  const b = toDecimal(right);
  if (a === null || b === null || operator === "/" || operator === "%") return noOverload(operator, call);
  return computeDecimal(operator, a, b) ?? failed("overflow", "the decimal has too many digits", call);
}

function joined(left: CelValue, right: CelValue, call: CallSite): CelOutcome {
  if (typeof left === "string" && typeof right === "string") {
    return payForText(left.length + right.length, call) ?? left + right;
  }
  if (isCelList(left) && isCelList(right)) {
    call.view.budget.spend(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof CelBytes && right instanceof CelBytes) {
    const bytes = new Uint8Array(left.bytes.length + right.bytes.length);
    const tooLong = payForText(bytes.length, call);
    if (tooLong !== null) return tooLong;
    bytes.set(left.bytes);
    bytes.set(right.bytes, left.bytes.length);
    return new CelBytes(bytes);
  }
  return ofTimes("+", left, right, call);
}

function ofTimes(operator: "+" | "-", left: CelValue, right: CelValue, call: CallSite): CelOutcome {
  const a = left instanceof CelTimestamp || left instanceof CelDuration ? left : null;
  const b = right instanceof CelTimestamp || right instanceof CelDuration ? right : null;
  if (a === null || b === null) return noOverload(operator, call);
  const nanos = operator === "+" ? a.nanos + b.nanos : a.nanos - b.nanos;
  const points = [a, b].filter((time) => time instanceof CelTimestamp).length;
  if ((operator === "+" && points === 2) || (operator === "-" && a instanceof CelDuration && points === 1)) {
    return noOverload(operator, call);
  }
  const result = points === 1 ? timestampOf(nanos) : durationOf(nanos);
  return result ?? failed("out_of_range", "the time is out of range", call);
}
