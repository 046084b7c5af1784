// Texts that may matter at a mutant: what stands in quotes there and nearby, names of rows, samples of its expressions.
import { expressionsIn, sampleOf } from "./seek-regex.mjs";
import { placesIn, read, written } from "./seek-vary.mjs";

const NEAR = 6;
const SAMPLES = 12;

/** Asks for the lines of a file; `sources` are the files' texts by name. */
export function linesIn(sources) {
  const files = new Map();
  return (file) => {
    if (!files.has(file)) files.set(file, sources.get(file).split("\n"));
    return files.get(file);
  };
}

/** The texts that stand near a mutant, the nearest first: rows of the same table. */
export function siblingsOf({ line, text, original }, lines) {
  const around = [1, 2, 3, 4, 5].flatMap((far) => [lines[line - 1 - far] ?? "", lines[line - 1 + far] ?? ""]);
  const all = [...textsIn(original), ...textsIn(text), ...textsIn(around.join("\n"))];
  return [...new Set(all)].filter((word) => word.length > 1 && word.length < 40 && !word.startsWith("https:"));
}

/** Requests in which what the mutant changes is said where its neighbours were said, or where words stand. */
export function* suggestions(mutant, lines, requests, draw) {
  const pieces = mutant.kind === "Regex" ? telling(mutant, draw) : formsOf(mutant.original);
  if (pieces.length === 0) return;
  const siblings = siblingsOf(mutant, lines);
  const expression = mutant.kind === "Regex" ? readable(mutant.original) : undefined;
  const short = [...requests].sort((one, other) => JSON.stringify(one).length - JSON.stringify(other).length);
  for (const request of [...requests.slice(0, 30), ...short.slice(0, 4)])
    for (const place of placesIn(request)) {
      const text = read(request, place);
      const there = siblings.find((sibling) => text.includes(sibling) && !pieces.includes(sibling));
      if (there !== undefined)
        yield written(
          request,
          place,
          text.replace(there, () => draw.of(pieces)),
        );
      if (expression?.test(text))
        yield written(
          request,
          place,
          text.replace(expression, () => draw.of(pieces)),
        );
    }
  for (const request of short.slice(0, 8)) yield* placed(request, pieces, draw);
}

function* placed(request, pieces, draw) {
  for (const place of placesIn(request).slice(0, 2)) {
    const words = read(request, place).split(" ");
    for (const piece of pieces.slice(0, 4)) {
      yield written(request, place, words.toSpliced(1, 0, piece).join(" "));
      yield written(request, place, [...words, piece].join(" "));
      yield written(request, place, words.toSpliced(draw.below(words.length), 1, piece).join(" "));
    }
  }
}

// A word as it may be said: by itself, and as an option.
function formsOf(original) {
  const [quoted] = textsIn(original).filter((text) => text !== "" && !text.startsWith("https:"));
  if (quoted === undefined || !/^["`[{]/.test(original)) return [];
  const [word] = quoted.split(/\s+/);
  if (!/^[\w][\w-]*$/.test(word)) return [word];
  return word.length === 1 ? [`-${word}`, word, `-${word} x`] : [`--${word}`, word, `--${word}=x`, `-${word}`];
}

function readable(original) {
  const [found] = expressionsIn(original);
  try {
    return found === undefined ? undefined : new RegExp(found.source, found.flags.replace(/[gy]/g, ""));
  } catch {
    return undefined;
  }
}

/** Asks for the hints of a mutant; `sources` are the files' texts by name. */
export function createHints(sources) {
  const linesOf = linesIn(sources);
  const rest = new Map();
  return (mutant, draw) => {
    const lines = linesOf(mutant.file);
    const near = lines.slice(Math.max(0, mutant.line - 1 - NEAR), mutant.line + NEAR).join("\n");
    const own = [...textsIn(mutant.original), ...textsIn(mutant.text)];
    if (!rest.has(mutant.file)) rest.set(mutant.file, textsIn(lines.join("\n")));
    const far = rest.get(mutant.file);
    return [
      ...own,
      ...own,
      ...samplesAt(mutant, near, draw),
      ...textsIn(near),
      ...Array.from({ length: far.length > 0 ? 10 : 0 }, () => draw.of(far)),
    ].filter((text) => text !== "" && text.length < 200);
  };
}

/** What stands in quotes in the code, whole and by its words, and the names before colons. */
export function textsIn(code) {
  const quoted = [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(([, text, template]) => text ?? template);
  const plain = quoted.map((text) => text.replaceAll(/\\(["'\\`])/g, "$1").replaceAll("\\n", "\n"));
  const words = plain.flatMap((text) => text.split(/[\s|]+/));
  const names = [...code.matchAll(/([\w-]{2,})"?:/g)].map(([, name]) => name);
  return [...new Set([...plain.filter((text) => text.length < 60), ...words, ...names])].filter((text) => text !== "");
}

// Samples that only one of the changed expression's two forms matches.
function telling({ original, replacement }, draw) {
  const [before] = expressionsIn(original);
  const [after] = expressionsIn(replacement);
  if (before === undefined || after === undefined) return [];
  const drawn = [...samples(before, 4 * SAMPLES, draw), ...samples(after, 4 * SAMPLES, draw)];
  return [...new Set(drawn.filter((text) => tells(before, after, text)))].slice(0, 12);
}

// For a changed expression those come first that only one of the two matches.
function samplesAt({ kind, original, replacement }, near, draw) {
  const nearby = expressionsIn(near).flatMap((expression) => samples(expression, 3, draw));
  if (kind !== "Regex") return nearby;
  const best = telling({ original, replacement }, draw);
  return [...best, ...best, ...best, ...nearby.slice(0, 4)];
}

function samples({ source }, count, draw) {
  return Array.from({ length: count }, () => sampleOf(source, draw)).filter((text) => text !== undefined);
}

function tells(before, after, text) {
  try {
    return found(before, text) !== found(after, text);
  } catch {
    return false;
  }
}

function found({ source, flags }, text) {
  return new RegExp(source, flags.replace(/[gy]/g, "")).exec(text)?.join("\0");
}
