// Programs that signal processes, run services, stop the machine, and change the kernel.

import type { Effect, ProcessKill } from "../effect.ts";
import { NOTHING, changesHost, result, unresolved, writes } from "./describe.ts";
import { has, parseOptions, shape, valuesOf, type Options } from "./options.ts";
import type { ProgramCall, ProgramRow, Word } from "./program.ts";
import { asksForHelp, harmless, optionRow, row } from "./rows.ts";

const MAN1 = "https://man7.org/linux/man-pages/man1/";
const MAN8 = "https://man7.org/linux/man-pages/man8/";

/** Rows of programs about processes, services, power and the kernel. */
export const PROCESSES: readonly ProgramRow[] = [
  row("kill", `${MAN1}kill.1.html`, kill),
  optionRow(
    "pkill killall killall5 skill slay xkill taskkill tskill",
    `${MAN1}pkill.1.html`,
    shape(
      "uUgGsPtFTdnryoZ",
      "signal user group euid parent session terminal pidfile older-than younger-than im pid",
      "gnu",
    ),
    killMany,
  ),
  optionRow("fuser", `${MAN1}fuser.1.html`, shape("nN", "namespace"), (call, o) =>
    has(o, "k", "kill")
      ? [{ kind: "process.kill", via: call.name, scope: "many", text: o.operands[0]?.text ?? "" }]
      : [],
  ),
  row("systemctl", `${MAN1}systemctl.1.html`, systemctl),
  row(
    "service rc-service invoke-rc.d initctl sv svc svcadm rcctl monit supervisorctl pm2 forever s6-svc s6-rc dinitctl shepherd",
    `${MAN8}service.8.html`,
    service,
  ),
  optionRow(
    "shutdown reboot poweroff halt telinit init rtcwake kexec",
    `${MAN8}shutdown.8.html`,
    shape("tmdfr", "mode seconds date"),
    (call, o) => {
      const cancels = has(o, "c") || (call.name === "rtcwake" && has(o, "show"));
      // A kernel that is only loaded, or taken out again, stops nothing yet.
      const loads =
        call.name === "kexec" &&
        !has(o, "e", "exec", "f", "force") &&
        has(o, "l", "load", "p", "u", "unload", "S", "status");
      if (loads) return changesHost(call, "kernel", "kexec load");
      return cancels
        ? []
        : changesHost(call, "power", [call.name, ...o.operands.map((word) => word.text)].join(" "), true);
    },
  ),
  // What sleeps goes on when it wakes.
  optionRow("pm-suspend pm-hibernate pm-suspend-hybrid zzz", `${MAN8}pm-action.8.html`, shape(), (call) =>
    changesHost(call, "service", call.name, true),
  ),
  optionRow("sysctl", `${MAN8}sysctl.8.html`, shape("prA", "load pattern"), (call, o) =>
    has(o, "w", "write", "p", "load", "system") || o.operands.some((word) => word.prefix.includes("="))
      ? changesHost(
          call,
          "kernel",
          o.operands[0]?.text ?? call.name,
          o.operands.some((word) => /panic|sysrq/.test(word.prefix)),
        )
      : [],
  ),
  optionRow(
    "insmod modprobe rmmod kldload kldunload kextload kextunload kmutil depmod dkms",
    `${MAN8}modprobe.8.html`,
    shape("CdSb", "config dirname set-version"),
    (call, o) => {
      const looks =
        has(o, "n", "dry-run", "show-depends", "D", "showconfig", "c", "show-config") || call.name === "depmod";
      return looks || o.operands.length === 0
        ? []
        : changesHost(
            call,
            "kernel",
            `${call.name} ${o.operands[0]?.text ?? ""}`,
            /rm|unload/.test(call.name) || has(o, "r", "remove"),
          );
    },
  ),
  optionRow("bpftrace bcc sysdig stap perf trace-cmd", "https://bpftrace.org/", shape("ecpo", "output pid"), (call) =>
    call.name === "bpftrace" || call.name === "stap" ? changesHost(call, "kernel", call.name) : measured(call),
  ),
  optionRow(
    "grub-install grub2-install update-grub grub-mkconfig grub2-mkconfig grubby bootctl efibootmgr update-initramfs mkinitcpio dracut mkinitrd lilo syslinux extlinux flashrom fwupdmgr fwupdtool bless bcdedit bootsect bootrec sbctl mokutil kernel-install rpi-update rpi-eeprom-update",
    `${MAN8}bootparam.8.html`,
    shape("ocdlLpbB", "output create disk label part loader bootnum"),
    boots,
  ),
  optionRow(
    "date hwclock timedatectl ntpdate chronyc rdate ntpd chronyd adjtimex",
    `${MAN1}date.1.html`,
    shape("dfrIs", "date file reference set"),
    clock,
  ),
  optionRow(
    "localectl hostnamectl machinectl loginctl homectl portablectl update-alternatives alternatives dpkg-reconfigure locale-gen update-locale raspi-config nvidia-smi powertop cpupower tuned-adm",
    `${MAN1}hostnamectl.1.html`,
    shape("HM", "host machine"),
    (call, o) => {
      const verb = o.operands[0]?.value ?? "";
      const changes =
        /^(set|set-.*|terminate|kill|poweroff|reboot|enable|disable|remove|create|activate|attach|detach|lock|frequency-set|profile|shell|login|clone|import.*|pull.*)/.test(
          verb,
        );
      return changes || has(o, "install", "remove", "set", "auto-tune", "gpu-reset")
        ? changesHost(call, "other", `${call.name} ${verb}`)
        : [];
    },
  ),
  optionRow("renice ulimit", `${MAN1}renice.1.html`, shape("npgu", "priority pid"), () => []),
  optionRow("gcore procdump dumpproc gdbserver", `${MAN1}gcore.1.html`, shape("o"), (call, o) => [
    { kind: "secret.read", via: call.name, secret: "process_memory", from: o.operands[0]?.text ?? "process" },
    ...writes(call, valuesOf(o, "o")),
  ]),
  row(
    "stress stress-ng sysbench burnp6 mprime prime95 cpuburn linpack memtester y-cruncher",
    "https://github.com/ColinIanKing/stress-ng",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const all = call.args.map((word) => word.prefix).join(" ");
      return result([
        { kind: "compute.heavy", via: call.name, what: call.name, quantity: null },
        ...(/--(vm|hdd|all|fork|class)/.test(all)
          ? [{ kind: "resource.exhaust" as const, via: call.name, how: call.name }]
          : []),
      ]);
    },
  ),
  harmless(
    "ps top htop btop atop glances pgrep pidof pidstat pstree uptime free vmstat mpstat sar nproc procs bottom btm lsmod modinfo uname arch runlevel w who whoami id groups users last lastb logname tty pwdx pmap jobs wait fg bg disown sleep usleep true false",
    `${MAN1}ps.1.html`,
  ),
];

/** The command that is measured: `perf stat cmd`, `perf record -- cmd`. */
function measured(call: ProgramCall): readonly Effect[] {
  if (!/^(?:stat|record|trace|bench|timechart|kvm|mem|c2c|lock|ftrace)$/.test(call.args[0]?.value ?? "")) return [];
  const o = parseOptions(call.args.slice(1), shape("eoFcpCtrGID", "event output freq pid cpu tid delay", "posix"));
  return [...writes(call, valuesOf(o, "o", "output")), ...call.run.words(o.operands, null)];
}

function kill(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  const words = call.args;
  if (words.some((word) => word.value === "-l" || word.value === "-L" || word.value === "--list")) return NOTHING;
  const first = words[0]?.value ?? "";
  let start = 0;
  if (first === "-s" || first === "-n" || first === "--signal") start = 2;
  else if (/^-(?:[A-Za-z][A-Za-z0-9+]*|\d+)$|^--signal=/.test(first) && words.length > 1) start = 1;
  if (first === "-0" || (first === "-s" && words[1]?.value === "0")) return NOTHING;
  const targets = words.slice(start).filter((word) => word.value !== "--");
  return result(targets.map((word) => killed(call, word)));
}

function killed(call: ProgramCall, word: Word): Effect {
  const { value } = word;
  if (value === null) return { kind: "exec.unresolved", via: call.name, part: "process", text: word.text };
  const scope: ProcessKill["scope"] =
    value === "-1" ? "all" : value === "1" ? "system" : value === "0" || value.startsWith("-") ? "many" : "one";
  return { kind: "process.kill", via: call.name, scope, text: value };
}

function killMany(call: ProgramCall, o: Options): readonly Effect[] {
  if (call.name === "killall5") return [{ kind: "process.kill", via: call.name, scope: "all", text: "" }];
  if (has(o, "l", "list") && o.operands.length === 0) return [];
  const everyone = valuesOf(o, "u", "user", "U", "euid").length > 0 && o.operands.length === 0;
  if (everyone) return [{ kind: "process.kill", via: call.name, scope: "all", text: call.name }];
  if (o.operands.some((word) => word.value === null)) return unresolved(call, "process");
  const first = o.operands[0]?.value ?? "";
  if (/^(\.|\.\*|\.\+|.?|\^|\$|)$/.test(first) && has(o, "f", "full", "9"))
    return [{ kind: "process.kill", via: call.name, scope: "all", text: first }];
  const system = o.operands.some(
    (word) => word.value !== null && /^(init|systemd|launchd|kthreadd|dbus-daemon|sshd|systemd-.*)$/.test(word.value),
  );
  return [{ kind: "process.kill", via: call.name, scope: system ? "system" : "many", text: first }];
}

const GUARDS =
  /audit|selinux|apparmor|falco|ossec|wazuh|crowdstrike|falcon|clam|fail2ban|firewall|iptables|nftables|ufw|syslog|journald|defender|mdatp|osquery|snort|suricata|canopy/;

function systemctl(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(
    call.args,
    shape("tpnosMHP", "type property lines output signal machine host root state job-mode kill-who kill-whom what"),
  );
  const verb = o.operands[0]?.value ?? null;
  const units = o.operands
    .slice(1)
    .map((word) => word.text)
    .join(" ");
  if (verb === null) return o.operands.length === 0 ? NOTHING : result(unresolved(call, "code"));
  if (/^(status|show|list-.*|is-.*|cat|help|get-.*|show-environment|log-level|analyze|whoami)$/.test(verb))
    return NOTHING;
  if (/^(poweroff|reboot|halt|kexec|soft-reboot|rescue|emergency|default|isolate|exit|switch-root)$/.test(verb)) {
    return result(changesHost(call, "power", verb, true));
  }
  // What sleeps goes on when it wakes.
  if (/^(suspend|hibernate|hybrid-sleep|suspend-then-hibernate|sleep)$/.test(verb))
    return result(changesHost(call, "service", verb, true));
  if (/^(start|reload|try-.*|daemon-re.*|reset-failed|reload-or-.*)$/.test(verb) && !GUARDS.test(units)) return NOTHING;
  const stops = /^(stop|kill|mask|disable|revert|clean|freeze|set-property)$/.test(verb);
  const effects: Effect[] = changesHost(
    call,
    GUARDS.test(units) ? "security" : "service",
    `${verb} ${units}`.trim(),
    stops,
  );
  if (/^(enable|reenable|link|preset|add-wants|add-requires|set-default|edit)$/.test(verb)) {
    effects.push({ kind: "persist.install", via: call.name, where: "systemd" });
  }
  if (verb === "set-environment" || verb === "import-environment")
    effects.push({ kind: "exec.injected", via: call.name, variable: units });
  return result(effects);
}

function service(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  if (asksForHelp(call)) return NOTHING;
  const { operands } = parseOptions(call.args);
  const texts = operands.map((word) => word.value ?? "");
  // What is done to a service stands behind its name, or before it.
  const verbs = call.name === "service" || call.name === "rc-service" ? operands.slice(1, 2) : operands.slice(0, 1);
  if (verbs.some((word) => word.value === null)) return result(unresolved(call, "code"));
  if (texts.length === 0 || has(parseOptions(call.args), "status-all", "l", "list")) return NOTHING;
  if (
    texts.some((text) =>
      /^(status|list|logs|info|show|describe|monit|check|help|version|ls|jlist|prettylist|ping)$/.test(text),
    )
  )
    return NOTHING;
  const stops = texts.some((text) => /^(stop|down|kill|delete|exit|disable|shutdown|d|x)$/.test(text));
  const persists = texts.some((text) => /^(startup|enable|save|add|install)$/.test(text));
  return result([
    ...changesHost(call, GUARDS.test(texts.join(" ")) ? "security" : "service", texts.join(" "), stops),
    ...(persists ? [{ kind: "persist.install" as const, via: call.name, where: "service" }] : []),
  ]);
}

function boots(call: ProgramCall, o: Options): readonly Effect[] {
  const verb = o.operands[0]?.value ?? "";
  const looks =
    /^(status|list|get-devices|get-updates|get-history|get-remotes|get-details|get-topology|security|version|help|refresh|verify)$/.test(
      verb,
    ) ||
    has(o, "list", "v", "info", "default-kernel", "default-index", "sb-state", "test-key", "list-enrolled") ||
    (call.name === "efibootmgr" && o.flags.size === 0) ||
    // Without an option that says what to write, it compares versions.
    (call.name === "rpi-eeprom-update" && !has(o, "a", "d", "f", "r", "u", "A")) ||
    (/^(fwupd|sbctl|bootctl)/.test(call.name) && call.args.length === 0);
  return looks
    ? []
    : [
        ...changesHost(
          call,
          "boot",
          `${call.name} ${verb}`.trim(),
          /install|flashrom|bcdedit|bootrec|efibootmgr/.test(call.name),
        ),
        ...writes(call, valuesOf(o, "o", "output")),
      ];
}

function clock(call: ProgramCall, o: Options): readonly Effect[] {
  const verb = o.operands[0]?.value ?? "";
  const sets =
    has(o, "s", "set", "systohc", "w", "hctosys", "adjust") ||
    verb.startsWith("set-") ||
    (call.name === "date" && /^\d{8,12}(\.\d\d)?$/.test(verb)) ||
    /^(ntpdate|rdate)$/.test(call.name) ||
    /^(makestep|settime)$/.test(verb);
  return sets ? changesHost(call, "clock", call.name) : [];
}
