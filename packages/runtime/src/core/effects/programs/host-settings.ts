// Programs that change users, the firewall, the network, logging, and what runs later.

import type { Effect } from "../effect.ts";
import { NOTHING, changesHost, connects, nested, readsSecret, result, stream, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { lookup } from "./network-sockets.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";
import { asksForHelp, harmless, optionRow, row } from "./rows.ts";

const MAN1 = "https://man7.org/linux/man-pages/man1/";
const MAN8 = "https://man7.org/linux/man-pages/man8/";

/** Rows of programs that change settings of the host. */
export const HOST_SETTINGS: readonly ProgramRow[] = [
  optionRow(
    "useradd adduser usermod groupmems groupadd addgroup groupmod gpasswd chsh chfn newusers pw lusermod luseradd",
    `${MAN8}useradd.8.html`,
    shape("abcdegGkKpsuRfm", "groups group add shell home-dir comment gid uid password"),
    (call, o) =>
      has(o, "D") && o.operands.length === 0
        ? []
        : [
            ...changesHost(call, "users", `${call.name} ${o.operands[0]?.text ?? ""}`.trim()),
            ...([...o.operands, ...valuesOf(o, "G", "g", "groups", "group", "a")].some((word) =>
              /^(sudo|wheel|root|admin|docker|lxd|disk|shadow)$/.test(word.value ?? ""),
            )
              ? [{ kind: "privilege.raise" as const, via: call.name, how: "group" }]
              : []),
          ],
  ),
  optionRow("userdel deluser groupdel delgroup luserdel", `${MAN8}userdel.8.html`, shape(), (call, o) =>
    changesHost(call, "users", `${call.name} ${o.operands[0]?.text ?? ""}`, true),
  ),
  optionRow(
    "passwd chpasswd chgpasswd chage vipw vigr pwconv pwunconv smbpasswd kpasswd yppasswd pam-auth-update authselect authconfig faillock pam_tally2 ldapmodify ldapadd ldapdelete samba-tool realm",
    `${MAN1}passwd.1.html`,
    shape("nxwiREIMmdW"),
    (call, o) =>
      has(o, "S", "status", "l", "list") && call.name !== "passwd"
        ? []
        : has(o, "S", "status")
          ? []
          : changesHost(call, "users", call.name, has(o, "d", "delete", "l", "lock")),
  ),
  optionRow("visudo sudoreplay", "https://www.sudo.ws/docs/man/visudo.man/", shape("f"), (call, o) =>
    has(o, "c", "check") ? [] : changesHost(call, "security", "sudoers"),
  ),
  row("crontab", `${MAN1}crontab.1.html`, crontab),
  row("at batch", `${MAN1}at.1.html`, (call) => {
    const o = parseOptions(call.args, shape("qft"));
    if (has(o, "l", "c") || asksForHelp(call)) return NOTHING;
    if (has(o, "d", "r")) return result(changesHost(call, "service", "at", true));
    const code = call.stdin === null ? [] : call.run.shell(call.stdin.text, call.name);
    return result([{ kind: "persist.install", via: call.name, where: "at" }, ...code]);
  }),
  harmless(
    "atq anacron cron crond systemd-analyze systemd-cgls systemd-cgtop systemd-detect-virt systemd-path systemd-escape systemd-delta systemd-id128 systemd-notify systemd-cat coredumpctl",
    `${MAN1}atq.1.html`,
  ),
  optionRow("atrm", `${MAN1}atrm.1.html`, shape(), (call) => changesHost(call, "service", "at", true)),
  row("systemd-run", `${MAN1}systemd-run.1.html`, (call) => {
    const o = parseOptions(
      call.args,
      shape(
        "HMpuE",
        "unit property description slice host machine on-calendar on-active on-boot on-startup on-unit-active uid gid nice working-directory setenv service-type timer-property",
        "posix",
      ),
    );
    const later = [...o.flags.keys()].some((name) => name.startsWith("on-"));
    const effects: Effect[] = later ? [{ kind: "persist.install", via: call.name, where: "systemd" }] : [];
    if (!has(o, "user", "scope")) effects.push({ kind: "privilege.raise", via: call.name, how: call.name });
    return nested([...effects, ...call.run.words(o.operands, call.stdin)]);
  }),
  optionRow(
    "update-rc.d chkconfig rc-update insserv sysv-rc-conf systemd-sysv-install ntsysv desktop-file-install",
    `${MAN8}update-rc.d.8.html`,
    shape("", "level"),
    (call, o) =>
      has(o, "list") || o.operands[0]?.value === "show" || o.operands.length === 0
        ? []
        : [
            { kind: "persist.install", via: call.name, where: "service" },
            ...changesHost(
              call,
              "service",
              o.operands.map((word) => word.text).join(" "),
              o.operands.some((word) => /^(remove|del|off|disable)$/.test(word.value ?? "")),
            ),
          ],
  ),
  row(
    "iptables ip6tables iptables-legacy iptables-nft ebtables arptables nft ipset ipfw pfctl iptables-restore ip6tables-restore iptables-apply",
    `${MAN8}iptables.8.html`,
    firewall,
  ),
  row(
    "ufw firewall-cmd shorewall csf ferm fail2ban-client firehol cscli firewall-offline-cmd apf",
    `${MAN8}ufw.8.html`,
    (call) => {
      const texts = call.args.map((word) => word.value ?? "");
      if (asksForHelp(call) || texts.length === 0) return NOTHING;
      if (
        texts.every(
          (text) =>
            /^(status|verbose|numbered|show|app|list|info|version|check|ping|raw|added|--dry-run|--state|--list-.*|--get-.*|--query-.*|--zone=.*|--permanent|-.*)$/.test(
              text,
            ) && !/^--(add|remove|reload|set|panic|change)/.test(text),
        )
      )
        return NOTHING;
      const destroys = texts.some((text) =>
        /^(disable|reset|delete|stop|clear|flush|unban|--panic-off|--remove.*|-x|-f)$/.test(text),
      );
      return result(changesHost(call, "firewall", texts.join(" "), destroys));
    },
  ),
  row("ip tc bridge", `${MAN8}ip.8.html`, (call) => {
    const o = parseOptions(call.args, shape("nf", "netns family", "posix"));
    const texts = o.operands.map((word) => word.value ?? "");
    if (texts[0] === "netns" && texts[1] === "exec")
      return nested([
        { kind: "privilege.raise", via: call.name, how: "netns" },
        ...call.run.words(o.operands.slice(3), call.stdin),
      ]);
    const changes =
      texts
        .slice(1, 3)
        .some((text) => /^(add|a|del|delete|d|flush|f|set|s|replace|change|append|prepend)$/.test(text)) &&
      !/^(s|show)$/.test(texts[1] ?? "");
    return changes
      ? result(
          changesHost(
            call,
            "network",
            texts.slice(0, 4).join(" "),
            /^(del|delete|d|flush|f)$/.test(texts[1] ?? "") || texts.includes("down"),
          ),
        )
      : NOTHING;
  }),
  optionRow(
    "ifconfig ifup ifdown route iwconfig ethtool brctl vconfig ovs-vsctl nmcli nmtui netplan dhclient dhcpcd udhcpc resolvconf resolvectl systemd-resolve networkctl networksetup wpa_cli wpa_supplicant iw rfkill macchanger wg wg-quick openvpn openconnect tailscale zerotier-cli netsh ipsec strongswan vpnc",
    `${MAN8}ifconfig.8.html`,
    shape("ACFIe"),
    networking,
  ),
  row("journalctl", `${MAN1}journalctl.1.html`, (call) => {
    const erases = [...parseOptions(call.args, shape("unoptSUgDMb")).flags.keys()].filter(
      (name) => name.startsWith("vacuum") || name === "rotate" || name === "flush" || name === "setup-keys",
    );
    return erases.some((name) => name.startsWith("vacuum"))
      ? result([
          { kind: "trace.erase", via: call.name, what: "journal" },
          ...changesHost(call, "logging", "vacuum", true),
        ])
      : erases.length > 0
        ? result(changesHost(call, "logging", erases[0] ?? ""))
        : NOTHING;
  }),
  optionRow("auditctl", `${MAN8}auditctl.8.html`, shape("aAdDefkrRswWpSF"), (call, o) =>
    has(o, "l", "s", "m") && !has(o, "e", "D")
      ? []
      : changesHost(call, "logging", call.name, has(o, "D", "d", "W", "e", "f")),
  ),
  optionRow("logrotate savelog", `${MAN8}logrotate.8.html`, shape("sml", "state mail log"), (call, o) =>
    has(o, "d", "debug") ? [] : changesHost(call, "logging", call.name, has(o, "f", "force")),
  ),
  optionRow("dmesg", `${MAN1}dmesg.1.html`, shape("nlfs", "level facility console-level"), (call, o) =>
    has(o, "c", "C", "clear", "read-clear") ? [{ kind: "trace.erase", via: call.name, what: "kernel log" }] : [],
  ),
  row("history fc", "https://www.gnu.org/software/bash/manual/html_node/Bash-History-Builtins.html", (call) => {
    const o = parseOptions(call.args, shape("dnpe"));
    if (has(o, "c", "d", "w") && call.name === "history")
      return result([{ kind: "trace.erase", via: call.name, what: "shell history" }]);
    return result([], stream({ secret: "shell_history" }));
  }),
  optionRow(
    "logger wall write mesg",
    `${MAN1}logger.1.html`,
    shape("fnptPuTdi", "file server priority tag port socket"),
    (call, o) => {
      const server = valueOf(o, "n", "server");
      if (call.name === "wall" || call.name === "write")
        return [
          { kind: "message.send", via: call.name, channel: "terminal", recipients: null, bulk: call.name === "wall" },
        ];
      return server === undefined ? [] : connects(call, server, { sends: true });
    },
  ),
  optionRow(
    "wevtutil clear-eventlog",
    "https://learn.microsoft.com/windows-server/administration/windows-commands/wevtutil",
    shape("", "", "dos"),
    (call, o) =>
      /^(cl|clear-log)$/.test(o.operands[0]?.value ?? "") || call.name === "clear-eventlog"
        ? [{ kind: "trace.erase", via: call.name, what: "event log" }]
        : [],
  ),
  row("keyctl", `${MAN1}keyctl.1.html`, (call) =>
    /^(read|print|pipe|dump)$/.test(call.args[0]?.value ?? "")
      ? result(readsSecret(call, "kernel_keyring", "keyctl"), stream({ secret: "kernel_keyring" }))
      : NOTHING,
  ),
  optionRow(
    "update-ca-certificates update-ca-trust trust certmgr add-trusted-cert mkcert",
    `${MAN8}update-ca-certificates.8.html`,
    shape(),
    (call, o) =>
      call.name === "trust" && o.operands[0]?.value === "list"
        ? []
        : call.name === "mkcert" && !has(o, "install")
          ? writes(call, [literal("./cert.pem")])
          : changesHost(call, "security", call.name),
  ),
];

function crontab(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  const o = parseOptions(call.args, shape("us", "user"));
  if (asksForHelp(call) || has(o, "l", "T", "V")) return NOTHING;
  if (has(o, "r")) return result(changesHost(call, "service", "crontab -r", true));
  const code =
    call.stdin === null || call.stdin.text === null ? [] : call.run.shell(jobsOf(call.stdin.text), call.name);
  return result([{ kind: "persist.install", via: call.name, where: "cron" }, ...code]);
}

/** The commands of a table of jobs: what stands after the five fields of time, or after `@daily`. */
function jobsOf(table: string): string {
  return table
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => (line.startsWith("@") ? line.replace(/^@\S+\s+/, "") : line.split(/\s+/).slice(5).join(" ")))
    .join("\n");
}

function firewall(call: ProgramCall): ReturnType<ProgramRow["effects"]> {
  const texts = call.args.map((word) => word.value ?? "");
  if (asksForHelp(call) || texts.length === 0) return NOTHING;
  const lists =
    texts.some((text) => /^-[a-z]*[LS]|^--list|^(list|show|monitor|describe|export|save)$/.test(text)) ||
    (call.name === "pfctl" && texts.some((text) => text.startsWith("-s"))) ||
    texts.every((text) => /^-(t|nv?L.*|v|n|c|filter|nat|C)$/.test(text) || text === "-c");
  const destroys =
    texts.some((text) => /^(-F|--flush|-X|-D|--delete|flush|delete|destroy|reset|-d)$/.test(text)) ||
    (texts.includes("-P") && texts.includes("ACCEPT"));
  if (lists && !destroys) return NOTHING;
  return result(changesHost(call, "firewall", texts.slice(0, 6).join(" "), destroys));
}

function networking(call: ProgramCall, o: Options): readonly Effect[] {
  const texts = call.args
    .map((word) => word.value ?? "")
    .filter((text) => !text.startsWith("-") || /^-(s|K|G|C|L|A)$/.test(text));
  const verbs = texts.slice(0, 3).join(" ");
  const looks =
    /^(|\S*\s?(show|status|list|info|dump|query|statistics|get|scan|dns|link|lldp|debug|servers|ips?|netcheck|ping|help|version|device( (show|status|list|wifi)\S*)?|connection( show)?|con( show)?|general.*|networking|interface|wlan|dev|reg get|int|phy|wifi|radio|genkey|pubkey|showconf))(\s.*)?$/;
  if (call.name === "resolvectl" && /^(query|service|openpgp|tlsa)\b/.test(verbs)) return lookup(call).effects;
  if (has(o, "set-dns", "set-domain", "set-llmnr", "set-mdns", "set-dnssec", "set-nta", "revert"))
    return changesHost(call, "network", `${call.name} ${verbs}`.trim());
  const named =
    /^(ifconfig|iwconfig|ethtool|route)$/.test(call.name) &&
    texts.length <= 1 &&
    !texts.some((text) => /^-(s|K|G|A|C|L)$/.test(text));
  if (call.name === "wg" && /^(showconf|show \S+ (private-key|preshared-keys)|show \S+ dump)/.test(verbs))
    return readsSecret(call, "vpn_key", "wg");
  if (
    call.name === "resolvectl" &&
    /^(dns|domain|default-route|llmnr|mdns|dnssec|nta|revert)$/.test(texts[0] ?? "") &&
    texts.length > 2
  ) {
    return changesHost(call, "network", `resolvectl ${verbs}`);
  }
  if (
    named ||
    (call.name !== "dhclient" &&
      looks.test(verbs) &&
      !/\b(add|up|down|delete|modify|set|disconnect|connect|off|flush)\b/.test(verbs)) ||
    has(o, "query")
  )
    return [];
  return changesHost(
    call,
    "network",
    `${call.name} ${verbs}`.trim(),
    /\b(down|del|delete|disconnect|flush|block|off)\b/.test(verbs) || call.name === "ifdown",
  );
}
