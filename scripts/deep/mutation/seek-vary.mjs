// Small changes of a request: of its texts, of its members, of where it is asked. All is drawn from a seed.

const VALUES = (
  "/ /etc /etc/passwd /etc/shadow ~/.ssh/id_rsa ~/.bashrc ~ .. . ./build src/main.c notes.txt data.json .env /dev/sda /dev/null " +
  "/home/dev/project/a.txt /home/other/b.txt /tmp/x.sh https://example.com/x http://10.0.0.1/y git@github.com:o/r.git " +
  "host:/srv user@host db.sql s3://bucket/key 0 1 -1 2 22 443 777 0644 1e3 99999999 * *.log $HOME $(id) `id` $x ${x:-y} - -- = + all"
).split(" ");
const MARKS = Array.from("xX019-_./~*?$'\"`;|&<>(){}[]!#%^+=:@,\\ \n\t");
const JOINTS = [" | ", " && ", " ; ", " || ", " > ", " < ", " >> ", " & ", "\n", " ", " -- ", ";", "=", ",", ""];
const MEMBERS = (
  "command path content url data to body query amount currency recipient file text args options value target cmd script code " +
  "method headers cwd name source destination input language items list params"
).split(" ");
const ACTIONS =
  "execute_shell modify_file read_file delete_file call_external_api send_email query_database transfer_money note".split(
    " ",
  );
const CONTEXTS = [
  { safe_paths: ["/home/dev/project"] },
  { trusted_domains: ["example.com"] },
  { autonomous_mode: true },
  { spending_limit: 100 },
  { spending_limit: "unlimited" },
  { bulk_authorized: true },
  { environment: "production" },
  { status: "active" },
  { permissions: ["read"] },
  { communication_channels: ["email"] },
];
const ODD = [0, 1, -1, 250, 5001, 1e21, true, false, null, "", [], {}];
const WRAPS = [
  "sudo @",
  "sh -c '@'",
  "$(@)",
  "(@)",
  "{ @; }",
  "x=$(@); $x",
  "if @; then @; fi",
  "for f in a b; do @; done",
  "f() { @; }; f x",
  "! @",
  "time @",
  "@ &",
  "echo x | @",
  "@ | sh",
  "@ > out.txt",
  "@ <<< x",
  "env A=1 @",
  "xargs @",
  'eval "@"',
  "cd /tmp && @",
];

const BEFORE = ["'", '"', "$(", "`", "--", "-", "$", "\\", "./", "~/", "!", "@", "<", ">"];
const AROUND = ['"@"', "'@'", "$'@'", "{@,x}", "@*", "@=1", "@/", "@:", "$(echo @)", "-@", "--@"];

/**
 * The request with one to three changes. `hints` are texts that matter where one looks; `other` is a request that comes
 * to the same place, to take from.
 */
export function vary(request, draw, hints, other) {
  let varied = structuredClone(request);
  const changes = draw.of([1, 1, 1, 2, 2, 3]);
  for (let count = 0; count < changes; count += 1) varied = change(varied, draw, hints, other);
  return varied;
}

/** The request with shorter texts or fewer members, each a bit smaller than it, the smallest first. */
export function* smaller(request) {
  for (const member of ["surroundings", "cwd", "agent_ctx", "policy"])
    if (request[member] !== undefined) yield without(request, member);
  const { action_payload } = request;
  if (isObject(action_payload) && Object.keys(action_payload).length > 1)
    for (const key of Object.keys(action_payload)) yield { ...request, action_payload: without(action_payload, key) };
  for (const place of placesIn(request)) {
    const text = read(request, place);
    for (const part of shorterTexts(text)) yield written(request, place, part);
  }
}

function* shorterTexts(text) {
  const pieces = text.split(/(?<=[\n;|&])|(?<= )/);
  for (let size = Math.ceil(pieces.length / 2); size >= 1 && pieces.length > 1; size = size > 1 ? size >> 1 : 0)
    for (let from = 0; from < pieces.length; from += size) yield pieces.toSpliced(from, size).join("");
  if (text.length <= 40) for (let at = 0; at < text.length; at += 1) yield text.slice(0, at) + text.slice(at + 1);
}

function change(request, draw, hints, other) {
  const isCommand = typeof request.action_payload?.command === "string";
  const kind = draw.below(isCommand ? 100 : 60);
  if (kind < 2) return placed(request, draw);
  if (kind < 4) return { ...request, agent_ctx: { ...request.agent_ctx, ...context(draw, hints) } };
  if (kind < (isCommand ? 7 : 26)) return restructured(request, draw, hints, other);
  const places = placesIn(request);
  if (places.length === 0) return restructured(request, draw, hints, other);
  const place = draw.of(places);
  const from = placesIn(other);
  const spare = from.length === 0 ? "" : read(other, draw.of(from));
  return written(request, place, respell(read(request, place), draw, hints, spare));
}

const CHANGES = [byLetter, byLetter, byWord, byWord, byHint, byHint, byHint, byOther, byMark];

function respell(text, draw, hints, spare) {
  const at = draw.below(text.length + 1);
  const words = text.split(" ");
  const word = draw.below(words.length);
  const hint = hints.length === 0 ? draw.of(VALUES) : draw.of(hints);
  const put = (piece, skip = 0) => text.slice(0, at) + piece + text.slice(at + skip);
  const putWord = (piece, skip = 1) => words.toSpliced(word, skip, piece).join(" ");
  return draw.of(CHANGES)({ text, draw, hints, hint, spare, at, words, word, put, putWord });
}

function byLetter({ text, draw, at, put }) {
  const letter = text.slice(at, at + 1);
  const end = 1 + draw.below(text.length);
  const changes = [put("", 1), put(letter), put(draw.of(MARKS)), put(draw.of(MARKS), 1), put(flipped(letter), 1)];
  return draw.of([...changes, put("", end)]);
}

function byWord({ draw, words, word, putWord }) {
  const swapped = words.toSpliced(word, 2, words[word + 1] ?? "", words[word]).join(" ");
  const value = draw.of(VALUES);
  return draw.of([
    words.toSpliced(word, 1).join(" "),
    putWord(words[word], 0),
    putWord(value),
    putWord(value, 0),
    swapped,
  ]);
}

function byHint({ text, draw, hints, hint, put, putWord, words, word }) {
  const swapped = exchanged(text, draw, hints);
  return draw.of([putWord(hint, 0), putWord(hint), put(hint), swapped, swapped, putWord(`${words[word]}${hint}`)]);
}

function byOther({ text, draw, spare, putWord }) {
  const piece = draw.of(spare.split(" "));
  return draw.of([
    `${text}${draw.of(JOINTS)}${spare}`,
    `${spare}${draw.of(JOINTS)}${text}`,
    putWord(piece),
    putWord(piece, 0),
    draw.of(WRAPS).replaceAll("@", () => text),
  ]);
}

function byMark({ text, draw, words, word, putWord }) {
  return draw.of([
    putWord(`${draw.of(BEFORE)}${words[word]}`),
    putWord(draw.of(AROUND).replace("@", () => words[word])),
    text.replace(/\d+/, draw.of(["0", "1", "2", "-1", "7", "10", "255", "4096", "99999999"])),
    text.replace(/["']/g, (mark) => (mark === '"' ? "'" : '"')),
  ]);
}

// One hint that stands in the text for another: a table's row for its neighbour's.
function exchanged(text, draw, hints) {
  const there = hints.filter((hint) => hint.length > 1 && text.includes(hint));
  if (there.length === 0) return `${text} ${hints.length === 0 ? "x" : draw.of(hints)}`;
  const one = draw.of(there);
  return text.replace(one, () => draw.of(hints));
}

function flipped(letter) {
  return letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
}

function placed(request, draw) {
  const words = placesIn(request)
    .flatMap((place) => read(request, place).split(/[\s"'();|&<>=]+/))
    .filter((word) => word !== "");
  const path = absolute(words.length === 0 ? "a" : draw.of(words));
  const surroundings = draw.of([
    { cwd: null },
    { home: null },
    { cwd: null, home: null },
    { cwd: "/" },
    { cwd: "/home/dev" },
    { cwd: "/tmp/w" },
    { governance: [path] },
    { governance: [path.replace(/\/[^/]*$/, "") || "/"] },
    { links: { [path]: draw.of(["/etc", "/etc/passwd", "/home/dev/project/a", "/home/dev/.ssh"]) } },
    { home: "/root", cwd: "/root/x" },
  ]);
  return { ...request, surroundings: { ...request.surroundings, ...surroundings } };
}

function absolute(word) {
  if (word.startsWith("/")) return word;
  return word.startsWith("~/") ? `/home/dev/${word.slice(2)}` : `/home/dev/project/${word.replace(/^\.\//, "")}`;
}

function context(draw, hints) {
  const hint = hints.length === 0 ? "x" : draw.of(hints);
  return draw.of([
    ...CONTEXTS,
    { [hint]: true },
    { status: hint },
    { safe_paths: [hint] },
    { trusted_domains: [hint] },
  ]);
}

function restructured(request, draw, hints, other) {
  const payload = request.action_payload;
  const hint = () => (hints.length > 0 && draw.below(2) === 0 ? draw.of(hints) : draw.of(MEMBERS));
  const value = () => draw.of([hint(), draw.of(VALUES), draw.of(ODD), [hint()], { [hint()]: draw.of(VALUES) }]);
  const keys = isObject(payload) ? Object.keys(payload) : [];
  const key = keys.length === 0 ? "value" : draw.of(keys);
  const members = isObject(payload) ? payload : { value: payload };
  const taken = isObject(other.action_payload) ? other.action_payload : { [hint()]: other.action_payload };
  const set = (action_payload) => ({ ...request, action_payload });
  switch (draw.below(13)) {
    case 0:
      return set({ ...without(members, key), [hint()]: members[key] });
    case 1:
      return set({ ...members, [key]: [members[key]] });
    case 2:
      return set({ ...members, [key]: { [hint()]: members[key] } });
    case 3:
      return set({ ...members, [key]: draw.of(ODD) });
    case 4:
      return set(without(members, key));
    case 5:
    case 6:
      return set({ ...members, [hint()]: value() });
    case 7:
      return set({ ...members, ...taken });
    case 8:
      return set({ [hint()]: payload });
    case 9:
      return { ...request, action_type: draw.of([...ACTIONS, other.action_type, hint()]) };
    case 10:
      return { ...request, action_type: `${request.action_type}_${hint()}` };
    case 11:
      return set({ ...members, [key]: value() });
    default:
      return set(typeof members[key] === "string" ? members[key] : [payload]);
  }
}

/** Where texts stand in the request, as lists of keys. */
export function placesIn(request) {
  const places = [];
  const walk = (value, place) => {
    if (typeof value === "string") places.push(place);
    else if (typeof value === "object" && value !== null && place.length < 8)
      for (const key of Object.keys(value)) walk(value[key], [...place, key]);
  };
  walk(request.action_payload, ["action_payload"]);
  if (typeof request.action_payload?.command !== "string" && typeof request.action_type === "string")
    places.push(["action_type"]);
  if (request.agent_ctx !== undefined) walk(request.agent_ctx, ["agent_ctx"]);
  return places;
}

/** The text at a place. */
export function read(request, place) {
  return place.reduce((value, key) => value[key], request);
}

/** The request with another text at a place. */
export function written(request, place, text) {
  const copy = structuredClone(request);
  const owner = place.slice(0, -1).reduce((value, key) => value[key], copy);
  owner[place.at(-1)] = text;
  return copy;
}

function without(object, key) {
  const { [key]: _, ...rest } = object;
  return rest;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
