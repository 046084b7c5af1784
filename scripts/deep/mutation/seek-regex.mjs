// Texts that a regular expression may match: samples of its source, drawn. Lookarounds and references are passed over.

const ALPHABET = Array.from(
  "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 _-./~\\$'\"`;|&<>(){}[]*?!#%^+=:@,\n\téßяあ\u00a0\u200b\u0301",
);
const known = new Map();

/** One text that the expression's source describes; `draw` as `vary` has it. Undefined when it can't be read. */
export function sampleOf(source, draw) {
  const reader = { source, at: 0, draw, left: 400 };
  try {
    const text = alternatives(reader);
    return reader.at === source.length ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The regular expressions that stand in the code, as `{ source, flags }`. */
export function expressionsIn(code) {
  const found = code.matchAll(
    /\/((?:[^/\\\n[*]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*)\/([dgimsuvy]*)/g,
  );
  return [...found].map(([, source, flags]) => ({ source, flags }));
}

function alternatives(reader) {
  const choices = [sequence(reader)];
  while (reader.source[reader.at] === "|") {
    reader.at += 1;
    choices.push(sequence(reader));
  }
  return reader.draw.of(choices);
}

function sequence(reader) {
  let text = "";
  while (reader.at < reader.source.length && !"|)".includes(reader.source[reader.at])) {
    const start = reader.at;
    const first = atom(reader);
    const end = reader.at;
    const times = quantity(reader);
    if (times === 1) text += first;
    else {
      const after = reader.at;
      for (let count = 0; count < times; count += 1) {
        reader.at = start;
        text += (reader.left -= 1) > 0 ? atom(reader) : first;
      }
      reader.at = Math.max(after, end);
    }
  }
  return text;
}

function quantity(reader) {
  const [mark, low, comma, high] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??|/.exec(reader.source.slice(reader.at));
  reader.at += mark.length;
  const { below } = reader.draw;
  if (mark === "") return 1;
  if (mark[0] === "?") return below(2);
  if (mark[0] === "*") return below(3);
  if (mark[0] === "+") return 1 + below(2);
  const most = comma === "" ? Number(low) : high === "" ? Number(low) + 2 : Math.min(Number(high), Number(low) + 12);
  return reader.draw.of([Number(low), most, Number(low) + below(most - Number(low) + 1)]);
}

function atom(reader) {
  const { source } = reader;
  const letter = source[reader.at];
  if (letter === "(") return group(reader);
  if (letter === "[") return one(reader, /^\[(?:[^\]\\]|\\.)*\]/s);
  if (letter === ".") return one(reader, /^\./);
  if (letter === "\\") return escaped(reader);
  reader.at += 1;
  return letter === "^" || letter === "$" ? "" : letter;
}

function group(reader) {
  const [opening] = /^\((?:\?(?:<?[=!]|[-a-z]*:|<\w+>))?/.exec(reader.source.slice(reader.at));
  reader.at += opening.length;
  const inner = alternatives(reader);
  if (reader.source[reader.at] !== ")") throw new Error("a group without an end");
  reader.at += 1;
  return opening.includes("!") || opening.includes("=") ? "" : inner;
}

function escaped(reader) {
  const rest = reader.source.slice(reader.at);
  if (/^\\[bBk\d]/.test(rest)) {
    reader.at += /^\\(?:k<\w+>|[bB]|\d+)/.exec(rest)[0].length;
    return "";
  }
  return one(reader, /^\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u\w{4}|x\w\w|c\w|.)/s);
}

// One character of what stands here: those of the alphabet are asked whether it means them.
function one(reader, shape) {
  const [written] = shape.exec(reader.source.slice(reader.at));
  reader.at += written.length;
  if (!known.has(written)) {
    const expression = new RegExp(`^${written}$`, "u");
    known.set(
      written,
      ALPHABET.filter((letter) => expression.test(letter)),
    );
  }
  const letters = known.get(written);
  return letters.length > 0 ? reader.draw.of(letters) : written.replace(/^\\/, "");
}
