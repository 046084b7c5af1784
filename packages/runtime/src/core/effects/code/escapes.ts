// Powerful modules and functions that leave the reader's sight: handed on, renamed inside of structures, reached by
// members that lead anywhere. What is done with them isn't in the text, so they ask.

import type { Meaning } from "./calls.ts";
import { isPower, type Path, type PathScene } from "./paths.ts";
import type { Token } from "./tokens.ts";

/** A path where it stands. */
export interface Placed extends Path {
  readonly at: number;
  readonly meaning: Meaning | null;
}

const RUNNING: ReadonlySet<Meaning> = new Set<Meaning>(["shell", "program", "words", "eval", "delete_tree"]);

/** Whether calls of that meaning run others, or delete without limit. */
export function meansToRun(meaning: Meaning | null): boolean {
  return meaning !== null && RUNNING.has(meaning);
}

/** What may not be handed on either, when it is a member of a powerful module. */
const CHANGING: ReadonlySet<Meaning> = new Set<Meaning>([
  "delete",
  "kill",
  "privilege",
  "opaque",
  "path_delete",
  "permission",
  "write",
]);

/** `execSync.call(…)`: what is called is not the last name. */
const BORROWED = /\.(?:call|apply|bind|__call__|__func__|__get__)$/;

/** Whether what a path names is used in a way that can't be followed. */
export function escapes(scene: PathScene & { readonly language: { readonly name: string } }, placed: Placed): boolean {
  const { path, at, next, meaning } = placed;
  if (placed.unseen || (scene.powers.doors.test(path) && !isKnownDoor(scene, placed))) return true;
  if (BORROWED.test(path)) return isBorrowed(path);
  const after = scene.tokens[next];
  if (isSetOrCalled(after))
    return isConstructor(scene, placed) || (scene.language.name === "python" && isPower(scene, path));
  if (isPower(scene, path)) return !isHarmlessModule(scene, placed, after);
  if (scene.tokens[at]?.text === path && scene.powers.functions.has(path)) return !isPlainName(scene.tokens, at, after);
  if (!path.includes(".")) return false;
  if (meansToRun(meaning) && isHandedOn(after)) return !isOnlookedAt(scene, at);
  const owner = path.slice(0, path.lastIndexOf("."));
  if (!isPower(scene, owner) && !/(?:^|\.)(?:Path|FileUtils|File)$/.test(owner)) return false;
  const powerful = meansToRun(meaning) || (meaning !== null && CHANGING.has(meaning));
  return powerful && after?.text !== "." && !isRenamed(scene.tokens, placed, after) && !isOnlookedAt(scene, at);
}

function isSetOrCalled(after: Token | undefined): boolean {
  return (after?.kind === "mark" && after.text === "(") || after?.kind === "string";
}

/** `run = os.system`, alone on its line: its new name is followed. */
function isRenamed(tokens: readonly Token[], { at, meaning }: Placed, after: Token | undefined): boolean {
  if (after !== undefined && after.kind !== "end") return after.text === "=";
  let before = at - 1;
  while (tokens[before]?.text === "await" || tokens[before]?.text === "(") before--;
  return (
    meaning !== null && tokens[before]?.text === "=" && tokens[before - 2]?.kind !== "name" && isTop(tokens, before - 2)
  );
}

/** Whether the name behind begins a line without indentation, or is declared. */
function isTop(tokens: readonly Token[], before: number): boolean {
  const token = tokens[before];
  return (
    token === undefined || token.text === ";" || token.kind === "end" || /^(?:const|let|var|local)$/.test(token.text)
  );
}

/** `map(os.system, …)`, `[os.system][0](…)`, `(os.system)(…)`: what it will be called with isn't seen. */
function isHandedOn(token: Token | undefined): boolean {
  return (
    token?.kind === "mark" && (token.text === ")" || token.text === "," || token.text === "]" || token.text === "}")
  );
}

function isBorrowed(path: string): boolean {
  return /(?:^|\.)(?:system|popen|exec\w*|spawn\w*|run|call|eval|rmtree|rm(?:Sync)?|unlink(?:Sync)?|require|Function|execute|remove|kill)\.\w+$/.test(
    path,
  );
}

/** A member that leads anywhere, in a place where it only names a class's own. */
function isKnownDoor({ tokens }: PathScene, { path, at, next }: Placed): boolean {
  if (path.endsWith("__subclasses__")) return /^[A-Z]\w*\.__subclasses__$/.test(path) && tokens[at - 1]?.text !== ".";
  return (/^process\.mainModule$/.test(path) && /^[=!]$/.test(tokens[next]?.text ?? "")) || path === "require.main";
}

/** `x.constructor("code")`: a function made of text. */
function isConstructor(
  { tokens, language }: PathScene & { readonly language: { readonly name: string } },
  { path, at, next }: Placed,
): boolean {
  if (language.name !== "node" || !/(?:^|\.)constructor$/.test(path) || tokens[next]?.text !== "(") return false;
  if (path === "constructor") return tokens[at - 1]?.text === ".";
  return path !== "super.constructor" && tokens[at - 1]?.text !== "new";
}

/** A module that is renamed, looked at, or stands alone. */
function isHarmlessModule(scene: PathScene, { at, next, loaded, path }: Placed, after: Token | undefined): boolean {
  const { tokens } = scene;
  if (after?.text === "=" || (after?.text === "." && tokens[next + 1]?.kind !== "name")) return after.text === "=";
  if (after?.text === "[") return true;
  let before = at - 1;
  while (tokens[before]?.text === "await" || tokens[before]?.text === "import") before--;
  const previous = tokens[before];
  if (
    previous?.text === "=" &&
    (after === undefined || after.kind === "end" || after.text === "," || after.text === ")")
  ) {
    return tokens[before - 1]?.kind === "name"
      ? after?.text !== ")" && !path.endsWith("__dict__")
      : tokens[before - 1]?.text === "}" && isPlainPattern(tokens, before - 1);
  }
  if (previous === undefined || previous.kind === "end") return after === undefined || after.kind === "end";
  if (
    loaded === null &&
    /^(?:as|import|in|def|class|global|typeof|instanceof|for|const|let|var|local|function|if|and|or|not|return)$/.test(
      previous.text,
    )
  ) {
    return previous.text !== "return" && previous.text !== "in";
  }
  return isOnlookedAt(scene, at);
}

/** `{ exec, spawn: s } = …`: no computed name and no rest. */
function isPlainPattern(tokens: readonly Token[], close: number): boolean {
  for (let at = close - 1; at >= 0 && close - at < 64; at--) {
    const text = tokens[at]?.text;
    if (text === "{") return true;
    if (text === "[" || (text === "." && tokens[at + 1]?.text === ".")) return false;
  }
  return false;
}

/** `print(os)`, `hasattr(os, "fork")`, `promisify(exec)`: looked at, or followed elsewhere. */
function isOnlookedAt({ tokens, powers }: PathScene, at: number): boolean {
  return tokens[at - 1]?.text === "(" && powers.onlooking.has(tokens[at - 2]?.text ?? "");
}

/** `exec` as a member, a parameter, a definition or a name that is set. */
function isPlainName(tokens: readonly Token[], at: number, after: Token | undefined): boolean {
  const before = tokens[at - 1];
  if (before?.text === "." || before?.text === ">" || before?.text === ":") return true;
  if (
    /^(?:def|function|class|import|local|const|let|var|as|async|static|get|set|typeof|instanceof)$/.test(
      before?.text ?? "",
    )
  )
    return true;
  return after?.text === "=" || after?.text === ":" || after?.text === "." || after?.text === ">";
}
