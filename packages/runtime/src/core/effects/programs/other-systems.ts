// Programs of Windows and macOS that change the system.

import type { Effect } from "../effect.ts";
import {
  NOTHING,
  changesHost,
  connects,
  deletes,
  nested,
  reads,
  readsSecret,
  result,
  secretIn,
  stream,
  wipes,
  writes,
} from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, harmless, optionRow, row } from "./rows.ts";

const DOS = shape("", "", "dos");
const WIN = "https://learn.microsoft.com/windows-server/administration/windows-commands/";
const MAC = "https://ss64.com/mac/";

function texts(call: ProgramCall): string {
  return call.args.map((word) => word.value ?? "?").join(" ");
}

function isTitle(word: Word | undefined): boolean {
  return word?.value === "" || /\s/.test(word?.value ?? "");
}

/** Rows of programs of Windows. */
export const WINDOWS: readonly ProgramRow[] = [
  optionRow("del erase rd", `${WIN}del`, DOS, (call, o) => deletes(call, o.operands, has(o, "s"))),
  row("call start", `${WIN}start`, (call) => {
    // `start "title" /b /d folder program`: what stands before the program says how it is started.
    let at = call.args.length > 1 && isTitle(call.args[0]) ? 1 : 0;
    for (; /^\/[a-z]+$/i.test(call.args[at]?.prefix ?? "") && call.args.length > at + 1; at++)
      if (/^\/(?:d|node|affinity|machine)$/i.test(call.args[at]?.prefix ?? "")) at++;
    const rest = call.args.slice(at);
    return rest.length === 0 || rest[0]?.prefix.startsWith(":") === true
      ? NOTHING
      : nested(call.run.words(rest, call.stdin));
  }),
  optionRow("format format.com", `${WIN}format`, DOS, (call, o) =>
    o.operands.length === 0 ? [] : [...wipes(call, o.operands), ...changesHost(call, "disk", "format", true)],
  ),
  optionRow("diskpart cipher chkdsk defrag convert.exe manage-bde", `${WIN}diskpart`, DOS, (call, o) =>
    call.name === "diskpart" || has(o, "w", "f", "off") ? changesHost(call, "disk", call.name, true) : [],
  ),
  row("reg regedit", `${WIN}reg`, (call) => {
    const text = texts(call);
    if (/^(query|export|compare)/i.test(text))
      return /\\(sam|security)\b/i.test(text) ? result(readsSecret(call, "password_hashes", "registry")) : NOTHING;
    if (/^save/i.test(text))
      return result(
        /\b(hklm|hkey_local_machine)\\?(sam|security|system)\b/i.test(text)
          ? readsSecret(call, "password_hashes", "registry")
          : [],
      );
    const effects: Effect[] = changesHost(call, "other", text.slice(0, 120), /^delete/i.test(text));
    if (/\\run(once)?\b|winlogon|\\image file execution/i.test(text))
      effects.push({ kind: "persist.install", via: call.name, where: "registry" });
    return call.args.length === 0 ? NOTHING : result(effects);
  }),
  row("net net1", `${WIN}net-user`, (call) => {
    const text = texts(call).toLowerCase();
    if (/^(user|localgroup|group)\b.*(\/add|\/delete|\/active)/.test(text))
      return result(changesHost(call, "users", text, text.includes("/delete")));
    if (/^(stop|start|pause)\b/.test(text))
      return result(
        changesHost(call, /defend|firewall|mpssvc/.test(text) ? "security" : "service", text, text.startsWith("stop")),
      );
    if (/^user \S+ \S+/.test(text)) return result(changesHost(call, "users", text));
    return /^(use|share)\b.*(\\\\|=)/.test(text) ? result(changesHost(call, "network", text)) : NOTHING;
  }),
  row("schtasks", `${WIN}schtasks`, (call) => {
    const o = parseOptions(call.args, DOS);
    if (!has(o, "create", "change", "delete", "run", "end")) return NOTHING;
    const at = call.args.findIndex((word) => /^\/tr$/i.test(word.prefix));
    const code = at < 0 ? [] : call.run.shell(call.args[at + 1]?.value ?? null, call.name);
    return nested([
      ...(has(o, "create", "change")
        ? [{ kind: "persist.install" as const, via: call.name, where: "scheduled task" }]
        : changesHost(call, "service", "scheduled task", has(o, "delete"))),
      ...code,
    ]);
  }),
  row("vssadmin wbadmin", `${WIN}vssadmin`, (call) =>
    /^(delete|resize|stop|disable)/i.test(texts(call)) ? result(changesHost(call, "disk", texts(call), true)) : NOTHING,
  ),
  row("wmic", `${WIN}wmic`, (call) => {
    const text = texts(call);
    const started = /process\s+call\s+create\s+"?(.*?)"?$/i.exec(text);
    if (started !== null) {
      const far = /\/node:(\S+)/i.exec(text)?.[1];
      const reached = far === undefined ? [] : connects(call, literal(far), { sends: true });
      return nested([...reached, ...call.run.shell(started[1] ?? null, call.name)]);
    }
    return /\b(delete|call|create|set)\b/i.test(text)
      ? result(changesHost(call, /shadowcopy/i.test(text) ? "disk" : "other", text.slice(0, 120), /delete/i.test(text)))
      : NOTHING;
  }),
  row("sc sc.exe", `${WIN}sc-create`, (call) => {
    const text = texts(call).toLowerCase();
    if (!/\b(create|delete|stop|start|config|failure|sdset)\b/.test(text)) return NOTHING;
    return result([
      ...changesHost(call, "service", text, /\b(delete|stop)\b/.test(text)),
      ...(/\b(create|config)\b/.test(text)
        ? [{ kind: "persist.install" as const, via: call.name, where: "service" }]
        : []),
    ]);
  }),
  row(
    "certutil bitsadmin mshta regsvr32 rundll32 cscript wscript msiexec installutil regasm cmstp odbcconf forfiles pcalua hh esentutl expand.exe extrac32 makecab ftp.exe finger.exe",
    `${WIN}certutil`,
    livingOffTheLand,
  ),
  optionRow(
    "auditpol fsutil secedit gpupdate mountvol bootcfg powercfg setx logoff tsdiscon attrib",
    `${WIN}auditpol`,
    DOS,
    (call, o) => {
      const text = texts(call);
      if (
        /\/(get|list|backup|query|l|export)\b|^(fsinfo|volume|query|behavior query)/i.test(text) ||
        call.args.length === 0
      )
        return [];
      if (call.name === "fsutil" && /usn\s+deletejournal/i.test(text))
        return [{ kind: "trace.erase", via: call.name, what: "change journal" }];
      if (call.name === "attrib")
        return o.operands
          .filter((word) => !/^[+-]/.test(word.prefix))
          .flatMap((word) => writes(call, [word], "change"));
      return changesHost(
        call,
        call.name === "auditpol" ? "logging" : "other",
        text.slice(0, 120),
        /\/(clear|remove|delete|disable)/i.test(text),
      );
    },
  ),
  row(
    "remove-item ri get-content gc invoke-expression iex invoke-webrequest iwr invoke-restmethod irm start-process set-content stop-computer restart-computer clear-content set-executionpolicy set-mppreference format-volume clear-disk remove-partition stop-service new-localuser add-localgroupmember invoke-command new-service register-scheduledtask",
    "https://learn.microsoft.com/powershell/module/microsoft.powershell.management/",
    (call) =>
      nested(
        call.run.code(
          "powershell",
          call.args.some((word) => word.value === null) ? null : `${call.name} ${texts(call)}`,
          call.name,
        ),
      ),
  ),
  harmless(
    "tasklist systeminfo ver vol tree.com where findstr type ipconfig nbtstat whoami.exe gpresult driverquery query qwinsta getmac fc.exe comp clip cls title assoc ftype prompt mode openfiles choice timeout.exe wsl winver more.com sfc dism",
    `${WIN}tasklist`,
  ),
];

function livingOffTheLand(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const effects: Effect[] = [];
  for (const word of call.args) if (/^https?:\/\//i.test(word.prefix)) effects.push(...connects(call, word));
  const runs = /^(mshta|regsvr32|rundll32|cscript|wscript|msiexec|installutil|regasm|cmstp|odbcconf|pcalua)$/.test(
    call.name,
  );
  if (effects.length > 0)
    effects.push(
      runs
        ? { kind: "exec.obfuscated", via: call.name, how: "downloaded", text: texts(call) }
        : {
            kind: "fs.write",
            via: call.name,
            target: {
              path: null,
              text: "(download)",
              zone: "unresolved",
              glob: false,
              secret: null,
              governance: null,
              persistence: null,
            },
            mode: "create",
          },
    );
  else if (runs && call.args.length > 0)
    effects.push({ kind: "exec.unresolved", via: call.name, part: "code", text: texts(call) });
  if (/[/-](decode|decodehex)\b/i.test(texts(call))) effects.push(...writes(call, call.args.slice(-1)));
  if (call.name === "forfiles") {
    const at = call.args.findIndex((word) => /^\/c$/i.test(word.prefix));
    if (at >= 0) effects.push(...call.run.shell(call.args[at + 1]?.value ?? null, call.name));
  }
  return result(effects, stream({ obfuscated: effects.length > 0 ? "downloaded" : null }));
}

/** Showing a page to a person: only inner addresses and unknown or secret parts matter. */
function visited(call: ProgramCall, url: Word): readonly Effect[] {
  return connects(call, url).filter(
    (effect) => effect.kind !== "net.connect" || effect.host.class !== "public" || effect.sends,
  );
}

/** Rows of programs of macOS. */
export const MACOS: readonly ProgramRow[] = [
  row("diskutil hdiutil", `${MAC}diskutil.html`, (call) => {
    const verb = call.args[0]?.value ?? "";
    const second = call.args[1]?.value ?? "";
    if (
      /^(erase|reformat|partition|zero|random|secureErase|deleteContainer|split|mergePartitions)/i.test(verb) ||
      /^(delete|erase)/i.test(second)
    ) {
      const devices = call.args.filter(
        (word) => /^\/?(dev\/)?disk\d/.test(word.prefix) || word.prefix.startsWith("/dev/"),
      );
      return result([
        ...wipes(
          call,
          devices.map((word) =>
            word.prefix.startsWith("/dev/")
              ? word
              : { ...word, value: `/dev/${word.prefix}`, prefix: `/dev/${word.prefix}` },
          ),
        ),
        ...changesHost(call, "disk", verb, true),
      ]);
    }
    return /^(mount|unmount|eject|attach|detach|resize|rename|enable|disable|repair|apfs|create|convert)/i.test(verb) &&
      !/^list$/.test(second)
      ? result(changesHost(call, "disk", verb))
      : NOTHING;
  }),
  row("launchctl", `${MAC}launchctl.html`, (call) => {
    const verb = call.args[0]?.value ?? "";
    if (
      /^(list|print|blame|dumpstate|help|version|managerpid|manageruid|managername|hostinfo|print-disabled|procinfo|getenv|)$/.test(
        verb,
      )
    )
      return NOTHING;
    if (/^(load|bootstrap|enable|submit|start|kickstart)$/.test(verb))
      return result([
        { kind: "persist.install", via: call.name, where: "launchd" },
        ...changesHost(call, "service", verb),
      ]);
    if (verb === "reboot") return result(changesHost(call, "power", verb, true));
    if (/^(setenv|asuser|bsexec)$/.test(verb))
      return verb === "setenv"
        ? result([{ kind: "exec.injected", via: call.name, variable: call.args[1]?.text ?? "" }])
        : nested(call.run.words(call.args.slice(2), null));
    return result(changesHost(call, "service", verb, true));
  }),
  row("defaults plutil PlistBuddy", `${MAC}defaults.html`, (call) => {
    const verb = call.args[0]?.value ?? "";
    if (!/^(write|delete|import|rename|-replace|-insert|-remove|-convert|-c)$/.test(verb)) return NOTHING;
    const system = call.args.some((word) =>
      /^\/(Library|System)|loginwindow|LoginHook|LaunchAgents|LaunchDaemons|com\.apple\.(alf|security)/.test(
        word.prefix,
      ),
    );
    return system
      ? result([
          ...changesHost(call, "security", texts(call)),
          ...(/LoginHook|Launch(Agents|Daemons)/.test(texts(call))
            ? [{ kind: "persist.install" as const, via: call.name, where: "defaults" }]
            : []),
        ])
      : NOTHING;
  }),
  row(
    "csrutil spctl tccutil fdesetup systemsetup scutil nvram profiles socketfilterfw firmwarepasswd startosinstall createinstallmedia pmset authorizationdb",
    `${MAC}csrutil.html`,
    (call) => {
      const text = texts(call);
      if (
        asksForHelp(call) ||
        (/(status|--status|list|show|-get|--get|-p\b|--dns|--proxy|--nwi|print|validate|-g\b|--assess|-a\b|authenticated-root status)/.test(
          text,
        ) &&
          !/--set|-set|disable|enable|reset|delete/.test(text))
      )
        return NOTHING;
      return call.args.length === 0
        ? NOTHING
        : result(
            changesHost(
              call,
              call.name === "pmset" ? "power" : "security",
              text,
              /disable|reset|delete|clear|off/.test(text),
            ),
          );
    },
  ),
  row("tmutil", `${MAC}tmutil.html`, (call) => {
    const verb = call.args[0]?.value ?? "";
    if (/^(delete|deletelocalsnapshots|thinlocalsnapshots|disable|disablelocal|deleteinprogress)$/.test(verb))
      return result(changesHost(call, "disk", `tmutil ${verb}`, true));
    return /^(enable|setdestination|removedestination|addexclusion|restore|startbackup|stopbackup)$/.test(verb)
      ? result(changesHost(call, "disk", `tmutil ${verb}`))
      : NOTHING;
  }),
  row("dscl dseditgroup sysadminctl dsenableroot createhomedir dsconfigad", `${MAC}dscl.html`, (call) => {
    const text = texts(call);
    if (/-(read|list|search|readall|cat)\b|^\S+ (read|list)\b|-o (read|checkmember)/.test(text))
      return /ShadowHash/.test(text) ? result(readsSecret(call, "password_hashes", "dscl")) : NOTHING;
    return call.args.length === 0
      ? NOTHING
      : result([
          ...changesHost(call, "users", text.slice(0, 120), /-delete|-deleteUser/.test(text)),
          ...(/admin|wheel/.test(text) || call.name === "dsenableroot"
            ? [{ kind: "privilege.raise" as const, via: call.name, how: "admin group" }]
            : []),
        ]);
  }),
  row(
    "open xdg-open gnome-open kde-open sensible-browser firefox google-chrome chromium chrome brave safari opera x-www-browser explorer explorer.exe cygstart wslview chromium-browser google-chrome-stable microsoft-edge falkon konqueror surf qutebrowser epiphany",
    "https://portland.freedesktop.org/doc/xdg-open.html",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const o = parseOptions(
        call.args,
        shape("abp", "headless screenshot print-to-pdf dump-dom profile-directory user-data-dir exec args", "gnu"),
      );
      const urls = o.operands.filter(
        (word) => /^https?:/.test(word.prefix) || (word.value === null && word.prefix === ""),
      );
      const exec = valueOf(o, "exec");
      return nested([
        ...urls.flatMap((word) => visited(call, word)),
        ...(exec === undefined ? [] : call.run.shell(exec.value, call.name)),
      ]);
    },
  ),
  row(
    "pbpaste pbcopy xclip xsel wl-paste wl-copy screencapture scrot maim gnome-screenshot flameshot grim spectacle",
    `${MAC}pbcopy.html`,
    (call) => {
      const o = parseOptions(call.args, shape("otsdDWg", "output selection target"));
      const pastes =
        call.name === "pbpaste" ||
        call.name === "wl-paste" ||
        (/^(xclip|xsel)$/.test(call.name) && has(o, "o", "out", "output"));
      return pastes
        ? result([], stream({ secret: "clipboard" }))
        : result(writes(call, /^(xclip|xsel|pbcopy|wl-copy)$/.test(call.name) ? [] : o.operands));
    },
  ),
  row("ditto", `${MAC}ditto.html`, (call) => {
    const { operands } = parseOptions(call.args, shape());
    return result(
      [...reads(call, operands.slice(0, -1)), ...writes(call, operands.slice(-1))],
      stream({ secret: secretIn(call, operands) }),
    );
  }),
  harmless(
    "sw_vers system_profiler say afplay sips mdls mdutil vm_stat xcode-select xcrun xcodebuild codesign otool lipo install_name_tool dsymutil pkgutil pkgbuild productbuild ioreg sysdiagnose textutil qlmanage afinfo networkQuality log leaks sample heap vmmap instruments simctl agvtool actool ibtool notarytool stapler swift-format",
    `${MAC}sw_vers.html`,
  ),
];
