// Programs that open raw connections, listen, and tie sockets to other programs.

import type { Effect, HostClass } from "../effect.ts";
import { NOTHING, connects, nested, reaches, reads, result, secretIn, stream, writes } from "./describe.ts";
import { fromBase64 } from "./decode.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf } from "./options.ts";
import { hostOf, serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { OPAQUE } from "../shell/value.ts";
import { asksForHelp, harmless, row } from "./rows.ts";

const NC = shape(
  "eclpsgGiqwxXMmTVoWI",
  "exec sh-exec lua-exec source source-port proxy proxy-type proxy-auth output hex-dump max-conns idle-timeout wait delay ssl-cert ssl-key",
);

/** Rows of programs that open raw connections. */
export const SOCKETS: readonly ProgramRow[] = [
  row("nc ncat netcat nc.openbsd nc.traditional pnetcat cryptcat sbd dbd rnc", "https://nmap.org/ncat/guide/", netcat),
  row("socat", "https://man7.org/linux/man-pages/man1/socat.1.html", socat),
  row("telnet rlogin rsh rexec tn5250", "https://man7.org/linux/man-pages/man1/telnet.1.html", (call) => {
    const o = parseOptions(call.args, shape("abeElnSxX", "", "posix"));
    const command = call.name === "telnet" ? [] : o.operands.slice(1);
    const effects = [...connected(call, o.operands[0], portOf(o.operands[1]))];
    if (command.length > 0) effects.push(...call.run.words(command, call.stdin));
    return { effects, stdout: stream({ obfuscated: "downloaded" }) };
  }),
  row("openssl", "https://docs.openssl.org/master/man1/openssl/", openssl),
  row(
    "ngrok cloudflared lt localtunnel bore frpc chisel gost sshuttle ssf pagekite inlets playit telebit zrok rathole iodine iodined dnscat dnscat2 dns2tcp dns2tcpc dns2tcpd devtunnel expose sish tunnelto ptunnel hans icmptunnel",
    "https://ngrok.com/docs/agent/cli/",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const verb = call.args[0]?.value ?? "";
      if (/^(version|help|update|config|completion|login|list|info|service)$/.test(verb)) return NOTHING;
      const second = call.args[1]?.value ?? "";
      if (verb === "tunnel" && /^(login|list|info|create|delete|route|cleanup|token|vnet|ingress)$/.test(second))
        return NOTHING;
      return result([
        { kind: "net.listen", via: call.name, port: null },
        ...reaches(call, serviceHost(call.name), { sends: true }),
      ]);
    },
  ),
  row(
    "gsocket gs-netcat gs-sftp pwncat pwncat-cs evil-winrm revshell merlin sliver-client",
    "https://github.com/hackerschoice/gsocket",
    (call) => result([{ kind: "net.shell", via: call.name, direction: "reverse", host: null }]),
  ),
  row(
    "finger dig nslookup host drill dog doggo kdig delv",
    "https://bind9.readthedocs.io/en/latest/manpages.html",
    lookup,
  ),
  row(
    "ping ping6 fping arping traceroute traceroute6 tracepath mtr tcptraceroute whois tcping httping trippy gping pathping tracert",
    "https://man7.org/linux/man-pages/man8/ping.8.html",
    (call) => {
      const o = parseOptions(call.args, shape("cisWwIMQtTlmpFqfNPz"));
      const flood =
        call.name.startsWith("ping") && call.args.some((word) => word.value === "-f" || word.value === "-l");
      const carried = call.name.startsWith("ping") && has(o, "p") ? o.operands.slice(-1) : [];
      // Bytes for the packets are bytes sent.
      const looked = [...lookup(call).effects, ...carried.flatMap((word) => connects(call, word, { sends: true }))];
      if (!flood || o.operands.length === 0) return result(looked);
      return result([...looked, { kind: "security.use", via: call.name, tool: "ping flood", level: "attack" }]);
    },
  ),
  row(
    "http-server serve live-server miniserve webfsd thttpd darkhttpd lighttpd simplehttpserver static-server uploadserver updog",
    "https://github.com/http-party/http-server",
    (call) => {
      if (
        asksForHelp(call) ||
        /^(version|fmt|validate|adapt|list-modules|hash-password|environ)$/.test(call.args[0]?.value ?? "")
      )
        return NOTHING;
      const o = parseOptions(call.args, shape("pali", "port root listen directory"));
      const folders = [...o.operands, ...valuesOf(o, "root", "directory")].filter((word) => /[/~.]/.test(word.prefix));
      return result([
        ...reads(call, folders),
        { kind: "net.listen", via: call.name, port: portOf(valueOf(o, "p", "port")) },
      ]);
    },
  ),
  row("httpd nginx apache2 apachectl apache2ctl", "https://nginx.org/en/docs/switches.html", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("skcfhpgu", "config root listen"));
    const order = valueOf(o, "s", "k")?.value ?? o.operands[0]?.value ?? "";
    if (/^(stop|quit|graceful-stop)$/.test(order))
      return result([
        { kind: "host.change", via: call.name, area: "service", detail: `${call.name} ${order}`, destructive: true },
      ]);
    // As a part of busybox, `httpd` shows a folder to everybody.
    const folders = call.name === "httpd" ? valuesOf(o, "h") : [];
    if (folders.length === 0 && !has(o, "p")) return NOTHING;
    return result([...reads(call, folders), { kind: "net.listen", via: call.name, port: portOf(valueOf(o, "p")) }]);
  }),
  harmless(
    "ss netstat lsof sockstat nethogs iftop vnstat bmon nload ipcalc sipcalc hostname dnsdomainname domainname arp",
    "https://man7.org/linux/man-pages/man8/ss.8.html",
  ),
];

/** A port number, when the word is one. */
export function portOf(word: Word | undefined): number | null {
  if (word === undefined || word.value === null || !/^\d{1,5}$/.test(word.value)) return null;
  return Number(word.value);
}

/** A raw connection: what a shell prints into it makes it a remote shell. */
function connected(call: ProgramCall, host: Word | undefined, port: number | null): Effect[] {
  if (host === undefined) return [];
  const effects = connects(call, host, { sends: call.stdin !== null, port });
  if (call.stdin?.shell === true) {
    effects.push({ kind: "net.shell", via: call.name, direction: "reverse", host: hostOf(host.value, host.text) });
  }
  return effects;
}

function netcat(call: ProgramCall): ProgramResult {
  if (asksForHelp(call) || call.args.length === 0) return NOTHING;
  const listens = call.args.some((word) => /^-[a-zA-Z]*l|^--listen$/.test(word.prefix));
  const o = parseOptions(
    call.args.map((word) => (/^-[a-df-z]*l[a-z]*$/i.test(word.value ?? "") ? withoutListen(word) : word)),
    NC,
  );
  const runs = valuesOf(o, "e", "exec", "c", "sh-exec", "lua-exec");
  const ports = o.operands.map(portOf);
  const port = ports.find((value) => value !== null) ?? portOf(valueOf(o, "p"));
  const host = o.operands.find((word) => portOf(word) === null);
  const effects: Effect[] = [...writes(call, valuesOf(o, "o", "output", "x-dump"))];
  if (listens) effects.push({ kind: "net.listen", via: call.name, port });
  else if (has(o, "z") && runs.length === 0) effects.push(...connects(call, host ?? o.operands[0], { port }));
  else effects.push(...connected(call, host ?? o.operands[0], port));
  if (listens && call.stdin?.shell === true)
    effects.push({ kind: "net.shell", via: call.name, direction: "bind", host: null });
  if (listens && call.stdin !== null && call.stdin.secret !== null) {
    effects.push({ kind: "secret.send", via: call.name, secret: call.stdin.secret, host: hostOf(null, "listener") });
  }
  for (const program of runs) {
    effects.push({
      kind: "net.shell",
      via: call.name,
      direction: listens ? "bind" : "reverse",
      host: listens || host === undefined ? null : hostOf(host.value, host.text),
    });
    effects.push(...call.run.shell(program.value, call.name));
  }
  return { effects, stdout: stream({ obfuscated: "downloaded", shell: false }) };
}

/** `-lvnp 4444` must not take `vnp` as the value of `-l`: the letter is removed, as it only says to listen. */
function withoutListen(word: Word): Word {
  const value = word.value?.replace("l", "") ?? "";
  return literal(value === "-" ? "-v" : value);
}

function socat(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const { operands } = parseOptions(call.args, shape("bdDLWtTSs"));
  const ends = operands.slice(0, 2);
  const effects: Effect[] = [];
  let runs = false;
  let remote: Word | null = null;
  let listens = false;
  for (const end of ends) {
    const [scheme = "", ...rest] = end.prefix.split(":");
    const kind = scheme.toLowerCase();
    const first = (rest.join(":").split(",")[0] ?? "").replace(/^"|"$/g, "");
    if (/listen|^(tcp|udp|sctp)\d?-l|recv|^ssl-l/.test(kind)) {
      listens = true;
      effects.push({ kind: "net.listen", via: call.name, port: portOf(literal(first)) });
    } else if (/^(exec|system|shell)$/.test(kind)) {
      runs = true;
      effects.push(...call.run.shell(end.value === null ? null : first, call.name));
    } else if (/^(tcp|udp|sctp|openssl|ssl|socks|proxy|ip)/.test(kind)) {
      remote =
        end.value === null
          ? { ...end, prefix: first }
          : literal(first.slice(0, first.lastIndexOf(":") > 0 ? first.lastIndexOf(":") : undefined));
      effects.push(...connected(call, remote, portOf(literal(first.slice(first.lastIndexOf(":") + 1)))));
    } else if (/^(file|open|gopen|create|pipe)$/.test(kind)) {
      effects.push(...reads(call, [literal(first)]), ...writes(call, [literal(first)], "change"));
    } else if (kind.startsWith("unix") && first.includes("docker")) {
      effects.push({ kind: "container.escape", via: call.name, how: "socket" });
    }
  }
  if (runs && (remote !== null || listens)) {
    effects.push({
      kind: "net.shell",
      via: call.name,
      direction: listens ? "bind" : "reverse",
      host: remote === null ? null : hostOf(remote.value, remote.text),
    });
  }
  return { effects, stdout: stream({ obfuscated: remote === null ? null : "downloaded" }) };
}

const OPENSSL = shape(
  "",
  "in out inkey key pass passin passout connect host port accept cert CAfile k K iv S md nkeyopt engine sigfile signature rand days subj config extfile CA CAkey newkey keyout servername proxy WWW starttls alpn",
  "single",
);

function openssl(call: ProgramCall): ProgramResult {
  const o = parseOptions(call.args, OPENSSL);
  const verb = o.operands[0]?.value ?? "";
  if (verb === "s_client") {
    const target = valueOf(o, "connect", "host") ?? o.operands[1];
    // A handshake without data shows a certificate, as a ping shows that a host is there.
    const data = call.stdin !== null && call.stdin.text !== "";
    const effects = connected(call, target, portOf(valueOf(o, "port"))).filter(
      (effect) => data || effect.kind !== "net.connect" || effect.sends || !isOpen(effect.host.class),
    );
    return {
      effects,
      stdout: stream({ obfuscated: "downloaded" }),
    };
  }
  if (verb === "s_server")
    return result([{ kind: "net.listen", via: call.name, port: portOf(valueOf(o, "accept", "port")) }]);
  const read = valuesOf(o, "in", "inkey", "key", "CAkey");
  const effects = [
    ...reads(call, [...read, ...o.operands.slice(1).filter((word) => /[/.]/.test(word.prefix))]),
    ...(MAKES_KEYS.test(verb) ? ownKeys : (given: readonly Effect[]) => given)(
      writes(call, valuesOf(o, "out", "keyout")),
    ),
  ];
  const decodes =
    has(o, "d", "decrypt") && /^(enc|base64|aes|des|bf|cast|rc|camellia|smime|cms|pkeyutl|rsautl|zlib)/.test(verb);
  const secret = secretIn(call, read) ?? call.stdin?.secret ?? null;
  if (!decodes)
    return result(effects, stream({ secret: /^(dgst|md5|sha|passwd|rand|version|x509)/.test(verb) ? null : secret }));
  const plain =
    (verb === "base64" || has(o, "base64", "a", "A")) &&
    typeof call.stdin?.text === "string" &&
    !/aes|des/.test(verb) &&
    ![...o.flags.keys()].some((name) => /^(aes|des|bf|rc|camellia)/.test(name));
  const text = plain ? fromBase64(call.stdin?.text ?? "") : null;
  return nestedDecoded(effects, text, secret);
}

const MAKES_KEYS = /^(?:genrsa|genpkey|gendsa|ecparam|dsaparam|dhparam|req)$/;

// A new key in the project is the project's own.
function ownKeys(effects: readonly Effect[]): readonly Effect[] {
  return effects.map((effect) =>
    effect.kind === "fs.write" && (effect.target.zone === "inside" || effect.target.zone === "temp")
      ? { ...effect, target: { ...effect.target, secret: null } }
      : effect,
  );
}

function isOpen(kind: HostClass): boolean {
  return kind === "public" || kind === "internal_name";
}

function nestedDecoded(effects: readonly Effect[], text: string | null, secret: string | null): ProgramResult {
  return { ...nested(effects), stdout: stream({ text, secret, obfuscated: "decoded" }) };
}

/** Looking a name up is harmless, unless what is looked up carries data that can't be known. */
export function lookup(call: ProgramCall): ProgramResult {
  const effects: Effect[] = [];
  for (const word of call.args) {
    // A name without a dot in it stays in the own network, unless a server to ask is named.
    if (word.value === OPAQUE && call.args.length === 1) continue;
    const unknown = word.value === null || word.value.includes(OPAQUE);
    if (unknown && !word.prefix.startsWith("-"))
      effects.push(...connects(call, { ...word, value: null, prefix: "" }, { sends: true }));
    else if (typeof word.secret === "string") effects.push(...connects(call, tail(word, 0), { sends: true }));
  }
  return result(effects);
}
