// What the names of Python's loops stand for: each of the things in a folder.

import { afterBracket, constantOf, splitArguments, type Bindings, type Constant } from "./constants.ts";
import type { Imports } from "./aliases.ts";
import { readPath, type PathScene } from "./paths.ts";
import type { Token } from "./tokens.ts";

interface Scene extends PathScene {
  readonly language: { readonly name: string };
  readonly tokens: readonly Token[];
  readonly bindings: Bindings;
  readonly imports: Imports;
}

/** `for p in Path("build").glob("*.o"):`, `for d in os.listdir("/"):`, `for r, ds, fs in os.walk("/"):`. */
export function bindLoop(scene: Scene, at: number): void {
  const { tokens, bindings, language } = scene;
  if (language.name !== "python" || tokens[at + 1]?.kind !== "name") return;
  const names: string[] = [];
  let place = at + 1;
  for (; place < at + 12 && tokens[place]?.text !== "in"; place++)
    if (tokens[place]?.kind === "name") names.push(tokens[place]?.text ?? "");
  if (tokens[place]?.text !== "in") return;
  const [name = ""] = names;
  const walked = bindings.get(tokens[place + 1]?.text ?? "");
  const path = tokens[place + 1]?.kind === "name" ? readPath(scene, place + 1) : null;
  const listing = path === null ? undefined : LISTINGS.get(path.path.slice(path.path.lastIndexOf(".") + 1));
  if (path !== null && listing !== undefined && tokens[path.next]?.text === "(") {
    const folder = argumentOf(scene, path.next);
    for (const other of names) bindings.delete(other);
    if (folder === null) return;
    bindings.set(name, text(listing === "names" ? "*" : listing === "places" ? inFolder(folder) : folder));
    const [, folders, files] = names;
    if (listing === "walk") for (const each of [folders, files]) if (each !== undefined) bindings.set(each, NAMES);
    return;
  }
  if (names.length > 1) return;
  if (walked === NAMES) bindings.set(name, text("*"));
  else bindStrings(scene, name, place + 1);
}

/** How a function lists a folder: bare names, whole places, or folder by folder. */
const LISTINGS: ReadonlyMap<string, "names" | "places" | "walk"> = new Map([
  ["listdir", "names"],
  ["scandir", "places"],
  ["walk", "walk"],
  ["fwalk", "walk"],
]);

/** Names of files in a folder that is walked. */
const NAMES: Constant = { value: null, hidden: false, list: [text("*")] };

function text(value: string): Constant {
  return { value, hidden: false, list: null };
}

function inFolder(folder: string): string {
  return folder.endsWith("/") ? `${folder}*` : `${folder}/*`;
}

function argumentOf({ tokens, bindings }: Scene, open: number): string | null {
  const [first] = splitArguments({ tokens, from: open + 1, to: afterBracket(tokens, open) - 1 });
  return first === undefined ? "." : constantOf(first, bindings).value;
}

function bindStrings({ tokens, bindings }: Scene, name: string, from: number): void {
  const strings: Token[] = [];
  let named = false;
  for (let next = from; next < from + 21 && tokens[next]?.kind !== "end"; next++) {
    const token = tokens[next];
    named ||= token?.text === "Path" || token?.text === "glob" || token?.text === "rglob" || token?.text === "iterdir";
    if (token?.kind === "string") strings.push(token);
  }
  bindings.delete(name);
  if (!named || strings.length === 0 || strings.some((token) => !token.known)) return;
  const value = strings.map((token) => token.text).join("/");
  bindings.set(name, text(strings.length > 1 ? value : inFolder(value)));
}
