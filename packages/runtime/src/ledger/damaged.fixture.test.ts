// Documents damaged in small ways, the same each time: what a reader of untrusted bytes must have an answer to.
import { isJsonObject, type JsonObject, type JsonValue } from "../core/json.ts";

const OTHERS: readonly JsonValue[] = [null, "", "x", 0, -1, 1.5, 2 ** 53, true, [], {}, ["x"], { x: 1 }];

/** The value with one part replaced, left out, added or moved, for each part and each way; at most `most`, spread evenly. */
export function damagedJson(value: JsonValue, most = 400): readonly JsonValue[] {
  return evenly(partsOf(value, []), most, (path) => waysFor(at(value, path)).map((way) => replaced(value, path, way)));
}

/** The text with one character taken out, replaced, doubled, and with its lines cut, doubled and swapped. */
export function damagedText(text: string, most = 300): readonly string[] {
  const lines = text.split("\n");
  const byLine = lines.flatMap((line, index) => [
    lines.toSpliced(index, 1).join("\n"),
    lines.toSpliced(index, 0, line).join("\n"),
    lines.toSpliced(index, 1, ` ${line}`).join("\n"),
    lines.toSpliced(index, 1, `${line} `).join("\n"),
    lines.toSpliced(index, 1, "").join("\n"),
    lines.slice(0, index).join("\n"),
  ]);
  const places = Array.from({ length: text.length }, (_, index) => index);
  const byCharacter = evenly(places, most, (index) => {
    const [before, own, after] = [text.slice(0, index), text.slice(index, index + 1), text.slice(index + 1)];
    return ["", "0", "9", "A", "-", "+", "=", " ", "\n", "\u00e9", own + own].map((other) => before + other + after);
  });
  return [...byLine, ...byCharacter];
}

type Path = readonly (string | number)[];
type Way = (value: JsonValue | undefined) => JsonValue | undefined;

function partsOf(value: JsonValue, path: Path): readonly Path[] {
  if (Array.isArray(value)) {
    const list: readonly JsonValue[] = value;
    return [path, ...list.flatMap((item, index) => partsOf(item, [...path, index]))];
  }
  if (!isJsonObject(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([name, item]) => partsOf(item, [...path, name]))];
}

// Undefined takes the part out.
function waysFor(value: JsonValue | undefined): readonly Way[] {
  const ways: Way[] = [() => undefined, ...OTHERS.map((other) => () => other)];
  if (typeof value === "number")
    ways.push(
      () => value + 1,
      () => value - 1,
      () => String(value),
    );
  if (typeof value === "string") {
    ways.push(
      () => `${value}x`,
      () => value.slice(1),
      () => value.slice(0, -1),
      () => value.toUpperCase(),
    );
    ways.push(
      () => ` ${value}`,
      () => `${value}\n`,
      () => value.replace(/\d/u, (digit) => String(9 - Number(digit))),
    );
  }
  if (Array.isArray(value)) {
    const list: readonly JsonValue[] = value;
    ways.push(
      () => list.slice(1),
      () => list.slice(0, -1),
      () => [...list, ...list.slice(-1)],
      () => list.toReversed(),
    );
  }
  if (isJsonObject(value))
    ways.push(
      () => ({ ...value, zzz: 1 }),
      () => Object.fromEntries(Object.entries(value).slice(1)),
    );
  return ways;
}

function replaced(value: JsonValue, path: Path, way: Way): JsonValue {
  const [first, ...rest] = path;
  if (first === undefined) return way(value) ?? null;
  const inner = (part: JsonValue | undefined): JsonValue | undefined =>
    rest.length === 0 ? way(part) : replaced(part ?? null, rest, way);
  if (Array.isArray(value)) {
    const list: readonly JsonValue[] = value;
    return list.flatMap((item, index) => {
      const made = index === first ? inner(item) : item;
      return made === undefined ? [] : [made];
    });
  }
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, item]): [string, JsonValue][] => {
    const made = name === first ? inner(item) : item;
    return made === undefined ? [] : [[name, made]];
  });
  const made: JsonObject = Object.fromEntries(members);
  return made;
}

function at(value: JsonValue, path: Path): JsonValue | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const part: JsonValue | undefined = Array.isArray(value)
    ? value[Number(first)]
    : isJsonObject(value)
      ? value[String(first)]
      : undefined;
  return part === undefined ? undefined : at(part, rest);
}

// Of more than `most`, every part gets its turn with some of its ways: the n-th part starts at its n-th way.
function evenly<Part, Made>(
  parts: readonly Part[],
  most: number,
  make: (part: Part) => readonly Made[],
): readonly Made[] {
  const each = Math.max(1, Math.floor(most / Math.max(1, parts.length)));
  const step = Math.max(1, Math.ceil(parts.length / most));
  return parts
    .filter((_, index) => index % step === 0)
    .flatMap((part, index) => {
      const made = make(part);
      const from = made.length <= each ? 0 : (index * each) % made.length;
      return [...made.slice(from), ...made.slice(0, from)].slice(0, each);
    });
}
