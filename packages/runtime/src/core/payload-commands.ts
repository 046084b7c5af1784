// One command from its parts: text, words, arguments, environment and standard input are put together the way a
// runner would, as shell text, so that one reader judges all of it.

/** What a payload gave for one command. */
export interface CommandParts {
  readonly commands: string[];
  readonly argvs: (readonly string[])[];
  args: readonly string[] | null;
  /** What stands beside a command that lacks what it works on, and may be it. */
  operands?: readonly string[];
  /** A folder beside a command, in which it may be run; null when none is named. */
  folder?: string | null;
  stdin: string | null;
  readonly env: (readonly [string, string])[];
}

/** Commands as a runner would run them. */
export interface ComposedCommands {
  readonly commands: readonly string[];
  readonly argvs: readonly (readonly string[])[];
  readonly doubts: readonly string[];
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PLAIN_PROGRAM = /^[\w./+-]+$/;

// Between words of a program these say nothing; a runner that joins the words gives them to a shell. Not `;`, which find takes.
const JOINING: ReadonlySet<string> = new Set(["&&", "||", "|", "|&", ">", ">>"]);

/** Put commands together. Cost: linear in the parts. */
export function composeCommands(parts: CommandParts): ComposedCommands {
  const composed = composeOnce(parts);
  if (typeof parts.folder === "string") return { ...composed, commands: withFolder(composed, parts.folder) };
  if (parts.operands === undefined) return composed;
  const more = composeOnce({ ...parts, args: [...(parts.args ?? []), ...parts.operands] });
  return {
    commands: [...composed.commands, ...more.commands],
    argvs: [...composed.argvs, ...more.argvs],
    doubts: composed.doubts,
  };
}

// Each command as it stands, and as it would run in the folder.
function withFolder({ commands, argvs }: ComposedCommands, folder: string): readonly string[] {
  const texts = [...commands, ...argvs.map((words) => words.map(quote).join(" "))];
  const place = folder.startsWith("~") ? folder : quote(folder);
  return [...commands, ...texts.map((text) => `cd ${place} && {\n${text}\n}`)];
}

function composeOnce(parts: CommandParts): ComposedCommands {
  const doubts: string[] = [];
  let commands: readonly string[] = parts.commands;
  let argvs: readonly (readonly string[])[] = parts.argvs;
  const { args } = parts;
  if (args?.some((word) => JOINING.has(word)) === true) doubts.push("an argument is a shell's operator");
  if (args !== null) {
    const single = commands.length === 1 ? (commands[0] ?? "") : null;
    if (single !== null && PLAIN_PROGRAM.test(single) && args.length !== 1) {
      // A program and its words: no shell reads them.
      commands = [];
      argvs = [...argvs, [single, ...args]];
    } else if (single !== null)
      commands = [`${single} ${args.length === 1 ? (args[0] ?? "") : args.map(quote).join(" ")}`];
    else if (argvs.length === 1) argvs = [[...(argvs[0] ?? []), ...args]];
    else if (commands.length === 0 && argvs.length === 0) {
      // Arguments that begin with an option are those of the shell that the type is named after.
      if (args.length > 1 && (args[0] ?? "").startsWith("-")) argvs = [["sh", ...args]];
      else if (args.length === 1) commands = [args[0] ?? ""];
      else argvs = [args];
    } else doubts.push("arguments stand beside more than one command");
  } else if (commands.length === 1 && argvs.length === 1 && PLAIN_PROGRAM.test(commands[0] ?? "")) {
    // Some runners take the words for a command of their own.
    const [words = []] = argvs;
    argvs = [[commands[0] ?? "", ...words], ...(isNamed(words[0] ?? "", commands[0] ?? "") ? [words] : [])];
    commands = [];
  } else if (commands.length > 0 && argvs.length > 0) doubts.push("a command stands beside a list of words");
  return withSurroundings(commands, argvs, parts, doubts);
}

function isNamed(word: string, program: string): boolean {
  return word !== program && /^[\w./+]/.test(word) && PLAIN_PROGRAM.test(word);
}

function withSurroundings(
  commands: readonly string[],
  argvs: readonly (readonly string[])[],
  parts: CommandParts,
  doubts: string[],
): ComposedCommands {
  const exported: string[] = [];
  for (const [name, value] of parts.env) {
    if (name === "IFS") doubts.push("the environment says how words are split");
    if (VARIABLE_NAME.test(name)) exported.push(`export ${name}=${quote(value)}`);
    else doubts.push(`the environment variable \`${name.slice(0, 40)}\` has no usable name`);
  }
  if (exported.length === 0 && parts.stdin === null) return { commands, argvs, doubts };
  const texts = [...commands, ...argvs.map((words) => words.map(quote).join(" "))];
  const fed = parts.stdin === null ? texts : texts.map((text) => feed(text, parts.stdin ?? ""));
  return { commands: fed.map((text) => [...exported, text].join("\n")), argvs: [], doubts };
}

// Standard input as a here-document; a group keeps it for every part of the command.
function feed(command: string, text: string): string {
  let end = "END_OF_INPUT";
  while (text.includes(end)) end += "_";
  const run = /[\n;|&#<>(){}]/.test(command) ? `{ ${command}\n}` : command;
  return `${run} <<'${end}'\n${text}\n${end}`;
}

/** A word quoted for a shell. */
export function quote(word: string): string {
  return PLAIN_PROGRAM.test(word) || /^[\w./:=@%,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
