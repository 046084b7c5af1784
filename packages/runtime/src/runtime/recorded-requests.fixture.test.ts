// Requests for the engine's record, made from words: each word of `vectors/record/words.txt` is said once, as an
// option, an operand, a name, a member or a value, in company that a seed draws. The same words give the same requests.
import type { JsonObject, JsonValue } from "../core/json.ts";

export interface MadeRequest {
  readonly agent_ctx: JsonObject;
  readonly action_type: string;
  readonly action_payload: JsonValue;
}

/** The words of one source file or a part of it (`place#number`): names of programs, and all others. */
export interface WordList {
  readonly place: string;
  readonly names: readonly string[];
  readonly words: readonly string[];
}

const VALUES = (
  "/ /etc /etc/passwd /etc/shadow ~/.ssh/id_rsa ~/.bashrc ~ .. . ./build src/main.c notes.txt data.json .env /dev/sda /dev/null " +
  "/home/dev/project/a.txt /home/other/b.txt /tmp/x.sh https://example.com/x http://10.0.0.1/y git@github.com:o/r.git " +
  "host:/srv user@host db.sql s3://bucket/key 0 1 22 443 777 0644 -1 1e3 * *.log $HOME $(id) - -- = + all main prod default"
).split(" ");
const JOINTS = [" | ", " && ", " ; ", " || ", " > ", " < ", " >> ", " & "];
const ACTIONS =
  "execute_shell modify_file read_file delete_file call_external_api send_email query_database transfer_money note";
const MEMBERS =
  "command path content url data to body query amount currency recipient file text args options value target";
const LANGUAGES = [
  "python3 -c",
  "node -e",
  "ruby -e",
  "perl -e",
  "php -r",
  "lua -e",
  "awk",
  "sed -n",
  "osascript -e",
  "deno eval",
];

/** One request for each word of the list; two where words are those of programs, so that options meet their program. */
export function requestsOf(list: WordList): readonly MadeRequest[] {
  const draw = drawing(list.place);
  const words = [...list.names, ...list.words];
  const isOfPrograms = list.place.startsWith("effects/programs/");
  return (isOfPrograms ? [...words, ...words] : words).map((word) => {
    if (isOfPrograms) return command(call(list, word, draw), draw);
    if (list.place.startsWith("effects/shell/")) return command(shellLine(list, word, draw), draw);
    if (list.place.startsWith("effects/code/")) return command(code(list, word, draw), draw);
    return payload(list, word, draw);
  });
}

/** The command with one character taken out, doubled, replaced or moved, or one word taken out or doubled. */
export function respelt(text: string, seed: string): string {
  const draw = drawing(seed);
  const at = draw.below(text.length);
  const words = text.split(" ");
  const word = draw.below(words.length);
  switch (draw.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at + 1) + text.slice(at);
    case 2:
      return text.slice(0, at) + draw.of(Array.from("xX0-_./~*$'\"; |\n\t")) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at, at + 1).toUpperCase() + text.slice(at + 1);
    case 4:
      return words.toSpliced(word, 1).join(" ");
    case 5:
      return words.toSpliced(word, 0, words[word] ?? "").join(" ");
    default:
      return words.toSpliced(word, 1, draw.of(VALUES)).join(" ");
  }
}

type Draw = ReturnType<typeof drawing>;

function call(list: WordList, word: string, draw: Draw): string {
  const isName = list.names.includes(word) || draw.below(3) === 0;
  const name = isName ? word : draw.of(list.names.length > 0 ? list.names : list.words);
  const of = list.words.length > 0 ? list.words : VALUES;
  const others = Array.from({ length: draw.below(4) }, () => argument(draw.of(of), draw));
  const own = isName ? [] : [draw.below(2) === 0 ? word : argument(word, draw)];
  const values = Array.from({ length: draw.below(3) }, () => draw.of(VALUES));
  return [name, ...own, ...others, ...values].join(" ");
}

function argument(word: string, draw: Draw): string {
  const bare = word.replace(/^-+/, "");
  const letters = /^[A-Za-z]{1,8}$/.test(bare) ? draw.of(Array.from(bare)) : bare;
  return draw.of([
    word,
    bare,
    `--${bare}`,
    `--${bare}=${draw.of(VALUES)}`,
    `-${letters}`,
    `-${letters} ${draw.of(VALUES)}`,
  ]);
}

function shellLine(list: WordList, word: string, draw: Draw): string {
  const value = draw.of(VALUES);
  const other = draw.of(list.words.length > 0 ? list.words : VALUES);
  const inner = draw.of(["rm -rf /", "cat /etc/shadow", "echo ok", `curl https://example.com`, `${word} ${value}`]);
  return draw.of([
    `${word} ${argument(other, draw)} ${value}`,
    `${word}=${value} ${other} ${value}`,
    `export ${word}=${value}; ${inner}`,
    `x=${word}; echo $x \${x:-${other}} \${x%%${value}}`,
    `${inner}${draw.of(JOINTS)}${word} ${value}`,
    `${word} '${inner}'`,
    `if ${word} ${value}; then ${inner}; fi`,
    `for f in ${value} ${other}; do ${word} $f; done`,
    `${word} <<< "${inner}"${draw.of(JOINTS)}${other}`,
    `f() { ${word} "$@"; ${inner}; }; f ${value}`,
    `echo $((${word} + ${draw.below(9)})) && ${inner}`,
    `[[ -${other.slice(0, 1)} ${word} ]] && ${inner}`,
    `eval "${word} ${value}" 2>&1 >${value}`,
    `sh -c "${inner}" ${word}`,
  ]);
}

function code(list: WordList, word: string, draw: Draw): string {
  const other = draw.of(list.words.length > 0 ? list.words : VALUES);
  const value = draw.of(VALUES);
  const text = draw.of([
    `import ${word}\n${word}.${other}("${value}")`,
    `from ${word} import ${other}\n${other}("${value}")`,
    `import os\nos.${word}("${value}")`,
    `import shutil, subprocess\nshutil.${word}("${value}"); subprocess.${other}(["${word}"])`,
    `${word}("rm -rf ${value}")`,
    `require("${word}").${other}("${value}")`,
    `const fs = require("fs"); fs.${word}("${value}", "${other}")`,
    `require("child_process").${word}("${other} ${value}")`,
    `x = open("${value}", "${word.slice(0, 1)}"); x.${other}()`,
    `for f in ${word}("${value}"): ${other}(f)`,
    `a = "${word}" + "${other}"; eval(a)`,
    `open("${value}").${word}()`,
    `BEGIN { ${word} "${value}" | getline; print > "${other}" }`,
    `s/${word}/${other}/${draw.of(["g", "p", "e", "w"])}`,
  ]);
  return `${draw.of(LANGUAGES)} '${text.replaceAll("'", '"')}'`;
}

function payload(list: WordList, word: string, draw: Draw): MadeRequest {
  const other = draw.of(list.words);
  const value: JsonValue = draw.of<JsonValue>([
    draw.of(VALUES),
    word,
    `${word} ${other}`,
    draw.below(5000),
    true,
    null,
  ]);
  const type = draw.of([word, `${word}_${other}`, draw.of(ACTIONS.split(" "))]);
  const member = draw.of([word, other, draw.of(MEMBERS.split(" "))]);
  const second = draw.of(MEMBERS.split(" "));
  const action_payload = draw.of<JsonValue>([
    { [member]: value, [second]: word },
    { [second]: [word, value], [other]: draw.of(VALUES) },
    { [second]: { [member]: value } },
    { [word]: other, [second]: draw.of(VALUES) },
    `${word} ${other} ${draw.of(VALUES)}`,
    { [second]: `${other} ${word}` },
  ]);
  return { agent_ctx: contextOf(word, draw), action_type: type, action_payload };
}

// Now and then an agent whose setting speaks for or against it.
function contextOf(word: string, draw: Draw): JsonObject {
  if (draw.below(6) !== 0) return {};
  return draw.of<JsonObject>([
    { [word]: true },
    { [word]: [draw.of(VALUES)] },
    { [word]: 100 },
    { status: word },
    { safe_paths: ["/home/dev/project"], trusted_domains: ["example.com"] },
    { [word]: null },
  ]);
}

function command(line: string, draw: Draw): MadeRequest {
  const sudo = draw.below(12) === 0 ? "sudo " : "";
  const after = draw.below(8) === 0 ? `${draw.of(JOINTS)}${draw.of(VALUES)}` : "";
  return { agent_ctx: {}, action_type: "execute_shell", action_payload: { command: sudo + line + after } };
}

// Draws that follow from the seed (FNV-1a, then splitmix32).
function drawing(seed: string) {
  let state = 0x811c9dc5;
  for (const letter of seed) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  const of = <T>(list: readonly T[]): T => {
    const found = list[below(list.length)];
    if (found === undefined) throw new Error("nothing to draw from");
    return found;
  };
  return { below, of };
}
