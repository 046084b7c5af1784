// Conversions between types, `size`, `type` and `dyn`. A conversion that would lose the value fails.

import { toDecimal } from "../compare.ts";
import { decimalText, parseDecimal } from "../decimal-value.ts";
import { failed, kindOf, listAt, objectSize, type CallSite, type Overload } from "../function.ts";
import {
  CelDuration,
  CelTimestamp,
  durationText,
  parseDuration,
  parseTimestamp,
  timestampOf,
  timestampText,
} from "../time.ts";
import { BOOL, DECIMAL, DYN, INT, STRING, TIMESTAMP, type CelType } from "../type.ts";
import {
  CelBytes,
  CelDecimal,
  CelMap,
  CelTypeName,
  CelUint,
  inInt64,
  inUint64,
  type CelOutcome,
  type CelValue,
} from "../value.ts";
import { textSize } from "./text.ts";

type Kind = CelType["kind"];

/** Overloads of one plain function of one argument. */
function from(
  result: CelType,
  kinds: readonly Kind[],
  run: (value: CelValue, call: CallSite) => CelOutcome,
): Overload[] {
  return kinds.map((kind) => ({
    target: null,
    args: [kind],
    result,
    run: (args, call) => run(args[0] ?? null, call),
  }));
}

function unusable(what: string, call: CallSite): CelOutcome {
  return failed("bad_conversion", `this can't be read as ${what}`, call);
}

function toInteger(value: CelValue): bigint | null {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  // Beyond 2^53 doubles stand for several integers; the first and last of int64 are refused as CEL does.
  if (typeof value === "number") return Number.isFinite(value) ? BigInt(Math.trunc(value)) : null;
  if (typeof value === "string") return /^[+-]?\d{1,20}$/.test(value) ? BigInt(value.replace("+", "")) : null;
  if (value instanceof CelTimestamp) return floorSeconds(value.nanos);
  if (value instanceof CelDecimal) return value.digits / 10n ** BigInt(value.scale);
  return null;
}

function floorSeconds(nanos: bigint): bigint {
  const seconds = nanos / 1_000_000_000n;
  return nanos < 0n && seconds * 1_000_000_000n !== nanos ? seconds - 1n : seconds;
}

function toInt(value: CelValue, call: CallSite): CelOutcome {
  const integer = toInteger(value);
  if (integer === null) return unusable("an int", call);
  const edge = typeof value === "number" && (value <= -(2 ** 63) || value >= 2 ** 63);
  return inInt64(integer) && !edge ? integer : failed("overflow", "the number does not fit in an int", call);
}

function toUint(value: CelValue, call: CallSite): CelOutcome {
  const integer = toInteger(value);
  if (integer === null) return unusable("a uint", call);
  if (typeof value === "number" && value < 0) return failed("overflow", "a uint is not negative", call);
  return inUint64(integer) ? new CelUint(integer) : failed("overflow", "the number does not fit in a uint", call);
}

const DOUBLE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function toDouble(value: CelValue, call: CallSite): CelOutcome {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof CelDecimal) return Number(decimalText(value));
  if (typeof value !== "string") return unusable("a double", call);
  if (value.length <= 1024 && DOUBLE.test(value)) return Number(value);
  if (/^nan$/i.test(value)) return Number.NaN;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(value);
  if (infinite === null) return unusable("a double", call);
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function toText(value: CelValue, call: CallSite): CelOutcome {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint" || typeof value === "number") return String(value);
  if (value instanceof CelUint) return value.value.toString();
  if (value instanceof CelDecimal) return decimalText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelDuration) return durationText(value);
  if (!(value instanceof CelBytes)) return unusable("a string", call);
  call.view.budget.spend(value.bytes.length);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value.bytes);
  } catch {
    return unusable("a string: it is not UTF-8", call);
  }
}

function toBytes(value: CelValue, call: CallSite): CelOutcome {
  if (value instanceof CelBytes) return value;
  if (typeof value !== "string") return unusable("bytes", call);
  call.view.budget.spend(value.length);
  return new CelBytes(new TextEncoder().encode(value));
}

const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "false", "FALSE", "False"]);

function toBool(value: CelValue, call: CallSite): CelOutcome {
  if (typeof value === "boolean") return value;
  if (typeof value === "string" && TRUE.has(value)) return true;
  return typeof value === "string" && FALSE.has(value) ? false : unusable("a bool", call);
}

function toTimestamp(value: CelValue, call: CallSite): CelOutcome {
  if (value instanceof CelTimestamp) return value;
  const read =
    typeof value === "bigint"
      ? timestampOf(value * 1_000_000_000n)
      : typeof value === "string"
        ? parseTimestamp(value)
        : null;
  return read ?? unusable("a timestamp of the years 1 to 9999", call);
}

function toDuration(value: CelValue, call: CallSite): CelOutcome {
  if (value instanceof CelDuration) return value;
  return (typeof value === "string" ? parseDuration(value) : null) ?? unusable("a duration like 1h30m", call);
}

function asDecimal(value: CelValue, call: CallSite): CelOutcome {
  const read = typeof value === "string" ? parseDecimal(value) : toDecimal(value);
  return read ?? unusable("a decimal", call);
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
};

/** Names that stand for a type, as in `type(x) == string`. */
export const TYPE_IDENTS: ReadonlySet<string> = new Set(
  "bool int uint double string bytes list map null_type type decimal".split(" "),
);

function sizeOf(value: CelValue, call: CallSite): CelOutcome {
  if (typeof value === "string") {
    call.view.budget.spend(value.length / 16);
    return BigInt(textSize(value));
  }
  if (value instanceof CelBytes) return BigInt(value.bytes.length);
  if (value instanceof CelMap) return BigInt(value.entries.size);
  const entries = objectSize(value);
  call.view.budget.spend((entries ?? 0) / 16);
  return BigInt(entries ?? listAt([value], 0).length);
}

const SIZED: readonly Kind[] = ["string", "bytes", "list", "map"];

/** Conversions and the functions of every type, by name. */
export const CONVERSIONS: Readonly<Record<string, readonly Overload[]>> = {
  int: from(INT, ["int", "uint", "double", "string", "timestamp", "decimal"], toInt),
  uint: from({ kind: "uint" }, ["uint", "int", "double", "string"], toUint),
  double: from({ kind: "double" }, ["double", "int", "uint", "string", "decimal"], toDouble),
  string: from(
    STRING,
    ["string", "bool", "int", "uint", "double", "bytes", "timestamp", "duration", "decimal"],
    toText,
  ),
  bytes: from({ kind: "bytes" }, ["bytes", "string"], toBytes),
  bool: from(BOOL, ["bool", "string"], toBool),
  timestamp: from(TIMESTAMP, ["timestamp", "string", "int"], toTimestamp),
  duration: from({ kind: "duration" }, ["duration", "string"], toDuration),
  decimal: from(DECIMAL, ["decimal", "string", "int", "uint", "double"], asDecimal),
  dyn: from(DYN, ["dyn"], (value) => value),
  type: from({ kind: "type" }, ["dyn"], (value) => new CelTypeName(TYPE_NAMES[kindOf(value)] ?? kindOf(value))),
  size: [
    ...from(INT, SIZED, sizeOf),
    ...SIZED.map((kind) => ({
      target: kind,
      args: [],
      result: INT,
      run: (args: readonly CelValue[], call: CallSite) => sizeOf(args[0] ?? null, call),
    })),
  ],
};
