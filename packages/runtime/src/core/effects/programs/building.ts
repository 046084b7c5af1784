// Compilers and builders that can be told to run programs or load code of others while they work.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, reads, result, stream, writes } from "./describe.ts";
import { runsScript } from "./given-programs.ts";
import { literal, parseOptions, shape, tail, valuesOf } from "./options.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const COMPILER = shape("oIDLlWfOxtTjGB", "output std target sysroot wrapper");

/** Rows of compilers and builders. */
export const BUILDING: readonly ProgramRow[] = [
  row("gcc g++ cc c++ clang clang++ cpp tcc", "https://gcc.gnu.org/onlinedocs/gcc/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, COMPILER);
    return nested([...reads(call, o.operands), ...writes(call, valuesOf(o, "o", "output")), ...loaded(call)]);
  }),
  row("cmake", "https://cmake.org/cmake/help/latest/manual/cmake.1.html", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const [first, verb, ...rest] = call.args;
    if (first?.value === "-P" && verb !== undefined)
      return nested(
        runsScript(call, verb, (text) => (/execute_process|file\s*\(\s*REMOVE/i.test(text) ? [unseen(call)] : [])),
      );
    if (first?.value !== "-E") return NOTHING;
    const program = TOOLS[verb?.value ?? ""];
    if (program === undefined) return NOTHING;
    return nested(call.run.words([...program.map((text) => literal(text)), ...rest], call.stdin));
  }),
  row("mvn mvnw mvnd", "https://www.mojohaus.org/exec-maven-plugin/exec-mojo.html", (call) => nested(maven(call))),
  row("m4 gm4", "https://www.gnu.org/software/m4/manual/m4.html", (call) => {
    const o = parseOptions(call.args, shape("DUIB", "define undefine include prefix-builtins"));
    const files = o.operands.filter((word) => word.value !== "-");
    const effects: Effect[] = files.flatMap((word) => runsScript(call, word, (text) => macros(call, text)));
    if (files.length === 0 && call.stdin !== null) effects.push(...macros(call, call.stdin.text ?? ""));
    return result([...effects, ...reads(call, files)], stream());
  }),
  row("fzf", "https://junegunn.github.io/fzf/", (call) => {
    const o = parseOptions(call.args, shape("qdn", "bind preview preview-window query header prompt delimiter height"));
    const bound = valuesOf(o, "bind").flatMap((word) =>
      [
        ...word.prefix.matchAll(
          /\b(?:execute|execute-silent|become|reload|transform|preview)[([{~!@#$%^&*;/|:]([^)\]}]*)/g,
        ),
      ].map((match) => match[1] ?? ""),
    );
    const texts = [...valuesOf(o, "preview").map((word) => word.value), ...bound];
    return result(
      texts.flatMap((text) => (text === null ? [] : call.run.shell(text.replace(/\{[^}]*\}/g, "x"), call.name))),
    );
  }),
];

/** `exec:exec -Dexec.executable=… -Dexec.args=…`: a program that the builder runs. */
function maven(call: ProgramCall): readonly Effect[] {
  const settings = new Map<string, string | null>();
  for (const { prefix, value } of call.args) {
    const [, name, text] = /^-D(exec\.\w+)=(.*)$/s.exec(prefix) ?? [];
    if (name !== undefined) settings.set(name, value === null ? null : (text ?? ""));
  }
  const program = settings.get("exec.executable");
  const whole = settings.get("exec.commandlineArgs") ?? settings.get("exec.arguments");
  if (program === undefined) return whole === undefined ? [] : call.run.shell(whole, call.name);
  const args = settings.get("exec.args") ?? whole ?? "";
  return call.run.shell(program === null ? null : `${program} ${args}`, call.name);
}

/** Programs inside of `cmake -E`, as what they are. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  env: ["env"],
  time: [],
  rm: ["rm"],
  remove: ["rm"],
  remove_directory: ["rm", "-r"],
  copy: ["cp"],
  copy_directory: ["cp", "-r"],
  copy_if_different: ["cp"],
  rename: ["mv"],
  touch: ["touch"],
  make_directory: ["mkdir"],
  create_symlink: ["ln", "-s"],
  cat: ["cat"],
  tar: ["tar"],
};

/** Plug-ins, specifications and wrappers. */
function loaded(call: ProgramCall): readonly Effect[] {
  return call.args.flatMap((word, at): readonly Effect[] => {
    if (/^-wrapper$/.test(call.args[at - 1]?.value ?? ""))
      return call.run.words(
        (word.value ?? "").split(",").map((text) => literal(text)),
        null,
      );
    if (!/^(?:-fplugin=|-specs=|-Xclang=-load|-fpass-plugin=)/.test(word.prefix)) return [];
    const file = tail(word, word.prefix.indexOf("=") + 1);
    return /\/tmp\/|^\.|^\//.test(file.prefix) ? [{ kind: "exec.injected", via: call.name, variable: word.text }] : [];
  });
}

function macros(call: ProgramCall, text: string): readonly Effect[] {
  return [...text.matchAll(/\be?syscmd\(([^)]*)\)?/g)].flatMap((match) =>
    call.run.shell((match[1] ?? "").replace(/^[`'"[]+|['"\]]+$/g, ""), call.name),
  );
}

function unseen(call: ProgramCall): Effect {
  return { kind: "exec.unresolved", via: call.name, part: "code", text: call.name };
}
