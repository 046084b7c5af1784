// Programs that run another command in a changed setting: its effects are theirs.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, outputOf, readsSecret, result, stream, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf, type OptionShape } from "./options.ts";
import { injects } from "./injection.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { startsWithHelp, row } from "./rows.ts";

const MAN1 = "https://man7.org/linux/man-pages/man1/";

/** A wrapper that writes what it sees to the files that these options name, then a command. */
function recorder(names: string, source: string, by: OptionShape, outputs: readonly string[]): ProgramRow {
  return row(names, source, (call) => {
    if (startsWithHelp(call)) return NOTHING;
    const o = parseOptions(call.args, by);
    return wrapped(call, o.operands, writes(call, valuesOf(o, ...outputs)));
  });
}

/** A wrapper: options, then so many operands of its own, then a command. */
function wrapper(names: string, source: string, by: OptionShape, own: number = 0): ProgramRow {
  return row(names, source, (call) => {
    if (startsWithHelp(call)) return NOTHING;
    const { operands } = parseOptions(call.args, by);
    return wrapped(call, operands.slice(own));
  });
}

function posix(short: string = "", long: string = ""): OptionShape {
  return shape(short, long, "posix");
}

// Where strace writes: a file, or a command that takes it all.
function traced(call: ProgramCall, word: Word): readonly Effect[] {
  return /^[|!]/.test(word.prefix) ? call.run.shell(tail(word, 1).value, call.name) : writes(call, [word]);
}

const STRACE = posix("abeEIoOPpsSuUX", "trace output attach");
const LTRACE = posix("aADeEFlnopsuwx", "output");
const DAEMONIZE = posix("ceElopu");
const DAEMON = posix("XPFLAaMuRDmnebloOE");
const WATCH = posix("nqsd::", "interval equexit");
/** The options of programs that are wrappers and nothing else. */
const WRAPPERS: ReadonlyMap<string, OptionShape> = new Map([
  ["xvfb-run", posix("efnpsw", "error-file auth-file server-num server-args xauth-protocol wait")],
  ["trickle", posix("duwtlnp")],
  ["timelimit", posix("tTsS")],
  ["nq", posix()],
  ["tsp", posix("LDWN")],
  ["minijail0", posix("aAbBcCfgkPRSTuVe::m::M::t::K::")],
  ["nsjail", posix("MCctugHDRBTmEVlNs")],
]);
const WRAPPER = posix(
  "gtpsnTSDLNfldj",
  "what who why mode user role type range label profile server-args auto-servernum::",
);

/** The result of running the words with the call's own input. */
export function wrapped(call: ProgramCall, command: readonly Word[], before: readonly Effect[] = []): ProgramResult {
  if (command.length === 0) return result(before);
  const effects = [...before, ...call.run.words(command, call.stdin)];
  return { effects, stdout: outputOf(effects) };
}

/** Rows of programs that run another command in a changed setting. */
export const WRAPPING: readonly ProgramRow[] = [
  row("env genv", "https://www.gnu.org/software/coreutils/manual/html_node/env-invocation.html", env),
  wrapper("nohup", `${MAN1}nohup.1.html`, posix()),
  wrapper(
    "dbus-run-session dbus-launch chronic noglob nocorrect vglrun optirun primusrun prime-run gamemoderun mangohud catchsegv fakeroot fakechroot torsocks torify tsocks proxychains proxychains4 eatmydata faketime setarch linux32 linux64 i386 x86_64 winpty rlwrap grc ccache distcc sccache",
    `${MAN1}dbus-run-session.1.html`,
    posix("ftlpH", ""),
  ),
  wrapper("unbuffer", "https://core.tcl-lang.org/expect/", posix()),
  wrapper("setsid", `${MAN1}setsid.1.html`, posix()),
  wrapper("nice gnice", `${MAN1}nice.1.html`, posix("n", "adjustment")),
  wrapper("ionice", `${MAN1}ionice.1.html`, posix("cnpPu", "class classdata pid")),
  wrapper("timeout gtimeout", `${MAN1}timeout.1.html`, posix("ks", "kill-after signal"), 1),
  recorder("time gtime", `${MAN1}time.1.html`, posix("fo", "format output"), ["o", "output"]),
  wrapper("stdbuf", `${MAN1}stdbuf.1.html`, posix("ioe", "input output error")),
  wrapper("chrt", `${MAN1}chrt.1.html`, posix("TPD", "sched-runtime sched-period sched-deadline"), 1),
  wrapper("taskset", `${MAN1}taskset.1.html`, posix(), 1),
  wrapper(
    "numactl",
    "https://man7.org/linux/man-pages/man8/numactl.8.html",
    posix("NmiCpP", "cpunodebind membind interleave physcpubind preferred"),
  ),
  wrapper("prlimit", `${MAN1}prlimit.1.html`, posix("po", "pid output")),
  wrapper("cpulimit", "https://github.com/opsengine/cpulimit", posix("lpec", "limit pid exe cpu")),
  row("strace ltrace", `${MAN1}strace.1.html`, (call) => {
    if (startsWithHelp(call)) return NOTHING;
    const o = parseOptions(call.args, call.name === "strace" ? STRACE : LTRACE);
    const attached = has(o, "p", "attach") ? readsSecret(call, "process_memory", "attach") : [];
    const traces = valuesOf(o, "o", "output").flatMap((word) => traced(call, word));
    return wrapped(call, o.operands, [...attached, ...traces]);
  }),
  recorder("valgrind heaptrack rr", "https://valgrind.org/docs/manual/manual-core.html", posix("o", "output"), [
    "log-file",
    "xml-file",
    "o",
    "output",
  ]),
  wrapper(
    "dotenv dotenvx envdir chpst softlimit envchain",
    "https://github.com/dotenvx/dotenvx",
    posix("fe", "file env"),
  ),
  wrapper("choom", `${MAN1}choom.1.html`, posix("np", "adjust pid")),
  wrapper("daemonize", "https://software.clapper.org/daemonize/", DAEMONIZE),
  wrapper("daemon", "https://libslack.org/daemon/manpages/daemon.1.html", DAEMON),
  row(
    "systemd-inhibit cgexec runcon aa-exec xvfb-run run-one nocache timelimit trickle schedtool nq tsp systemd-socket-activate minijail0 nsjail pidproxy with-contenv envuidgid qemu-x86_64 qemu-aarch64",
    `${MAN1}systemd-inhibit.1.html`,
    (call) => {
      if (startsWithHelp(call)) return NOTHING;
      return wrapped(call, parseOptions(call.args, WRAPPERS.get(call.name) ?? WRAPPER).operands);
    },
  ),
  wrapper("caffeinate", "https://ss64.com/mac/caffeinate.html", posix("tw")),
  wrapper(
    "setlock pgrphack argv0 detach dumb-init tini catatonit s6-setsid",
    "https://cr.yp.to/daemontools/setlock.html",
    posix(),
  ),
  row("watch viddy hwatch", `${MAN1}watch.1.html`, (call) => {
    const o = parseOptions(call.args, WATCH);
    return has(o, "x", "exec") ? wrapped(call, o.operands) : shellWords(call, o.operands);
  }),
  row("script scriptlive", `${MAN1}script.1.html`, (call) => {
    const o = parseOptions(
      call.args,
      shape("cEoIOBTm", "command echo output-limit log-in log-out log-io log-timing logging-format"),
    );
    const command = valueOf(o, "c", "command");
    const written = writes(call, o.operands.slice(0, 1));
    if (command !== undefined) return nested([...written, ...call.run.shell(command.value, call.name)]);
    return wrapped(call, o.operands.slice(1), written);
  }),
  row("flock", `${MAN1}flock.1.html`, (call) => {
    const o = parseOptions(call.args, posix("cEw", "command wait timeout conflict-exit-code"));
    const command = valueOf(o, "c", "command");
    if (command !== undefined) return nested(call.run.shell(command.value, call.name));
    const rest = o.operands.slice(1);
    const first = rest[0]?.value;
    if (first === "-c" || first === "--command") return nested(call.run.shell(rest[1]?.value ?? null, call.name));
    return wrapped(call, rest);
  }),
  row("hyperfine multitime", "https://github.com/sharkdp/hyperfine", (call) => {
    const o = parseOptions(
      call.args,
      shape(
        "wmMrpcPDLSns",
        "warmup min-runs max-runs runs prepare setup cleanup shell export-json export-markdown export-csv parameter-list parameter-scan command-name output conclude",
      ),
    );
    const around = valuesOf(o, "prepare", "p", "setup", "s", "cleanup", "c", "conclude", "shell", "S");
    return nested([...around, ...o.operands].flatMap((word) => call.run.shell(word.value, call.name)));
  }),
  row("busybox toybox coreutils rtk sbase-box ubase-box", "https://busybox.net/downloads/BusyBox.html", (call) =>
    call.args[0]?.value?.startsWith("-") === true ? NOTHING : wrapped(call, call.args),
  ),
  row("expect autoexpect empty", "https://man7.org/linux/man-pages/man1/expect.1.html", (call) => {
    const command = valueOf(parseOptions(call.args, posix("cf")), "c");
    if (command === undefined)
      return result(call.stdin === null ? [] : call.run.code("tcl", call.stdin.text, call.name));
    return result(call.run.code("tcl", command.value, call.name));
  }),
  row("dtach abduco", "https://github.com/crigler/dtach", (call) =>
    wrapped(call, parseOptions(call.args, posix("AacnNerp")).operands),
  ),
  row("cross-env cross-env-shell", "https://github.com/kentcdodds/cross-env", (call) =>
    nested(call.run.words([literal("env"), ...call.args], call.stdin)),
  ),
  row("direnv", "https://direnv.net/man/direnv.1.html", (call) => {
    const verb = call.args[0]?.value;
    if (verb === "exec") return wrapped(call, call.args.slice(2));
    return verb === "allow" || verb === "permit" || verb === "grant"
      ? result([{ kind: "exec.unresolved", via: call.name, part: "code", text: ".envrc" }])
      : NOTHING;
  }),
  row("rbenv pyenv nodenv goenv jenv tfenv phpenv plenv", "https://github.com/rbenv/rbenv", (call) =>
    call.args[0]?.value === "exec" ? wrapped(call, call.args.slice(1)) : NOTHING,
  ),
  row("concurrently npm-run-all run-p run-s", "https://github.com/open-cli-tools/concurrently", (call) => {
    const o = parseOptions(
      call.args,
      shape("ncsmpltr", "names prefix-colors kill-others-on-fail success max-processes prefix"),
    );
    return call.name === "concurrently"
      ? nested(o.operands.flatMap((word) => call.run.shell(word.value, call.name)))
      : NOTHING;
  }),
];

function env(call: ProgramCall): ProgramResult {
  const o = parseOptions(call.args, posix("uCSa", "unset chdir split-string argv0"));
  const text = valueOf(o, "S", "split-string");
  const effects: Effect[] = [];
  let at = 0;
  for (; at < o.operands.length; at++) {
    const word = o.operands[at];
    const equals = word?.prefix.indexOf("=") ?? -1;
    if (word === undefined || equals <= 0) break;
    const variable = word.prefix.slice(0, equals);
    if (injects(variable, tail(word, equals + 1).value))
      effects.push({ kind: "exec.injected", via: call.name, variable });
  }
  const command = o.operands.slice(at);
  if (text !== undefined) return nested([...effects, ...call.run.shell(text.value, call.name)]);
  if (command.length > 0) return wrapped(call, command, effects);
  return { effects: [...effects], stdout: stream({ secret: "environment" }) };
}

/** The result of running the words as one text of a shell. */
export function shellWords(call: ProgramCall, command: readonly Word[]): ProgramResult {
  if (command.length === 0) return NOTHING;
  const texts: string[] = [];
  for (const word of command) {
    if (word.value === null)
      return command.length === 1 ? nested(call.run.shell(null, call.name)) : wrapped(call, command);
    texts.push(word.value);
  }
  return nested(call.run.shell(texts.join(" "), call.name));
}

/** Reading the whole environment for its own sake: `printenv`, `set`, `export -p`. */
export function listsEnvironment(call: ProgramCall): ProgramResult {
  const first = call.args.find((word) => !word.prefix.startsWith("-"));
  if (first === undefined) return { effects: [], stdout: stream({ secret: "environment" }) };
  if (first.value !== null && /secret|token|passw|api_?key|private_?key|credential/i.test(first.value)) {
    return { effects: readsSecret(call, "environment", first.value), stdout: stream({ secret: "environment" }) };
  }
  return NOTHING;
}
