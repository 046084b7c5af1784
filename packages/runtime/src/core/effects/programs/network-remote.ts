// Programs that log in to, copy to and copy from other hosts.

import type { Effect } from "../effect.ts";
import {
  NOTHING,
  connects,
  deletes,
  moves,
  nested,
  reaches,
  reads,
  readsSecret,
  result,
  secretIn,
  stream,
  writes,
} from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { runsGiven } from "./given-programs.ts";
import { serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

const SSH = shape("BbcDEeFIiJLlmOoPpQRSWw", "", "posix");
const SCP = shape("cDFiJloPSX");
const RSYNC = shape(
  "efTBM@",
  "backup:: partial:: rsh exclude include exclude-from include-from files-from filter rsync-path suffix backup-dir temp-dir partial-dir compare-dest copy-dest link-dest log-file password-file bwlimit max-size min-size max-delete chmod chown timeout contimeout port sockopts out-format info debug block-size modify-window address early-input write-batch only-write-batch read-batch",
);

/** Rows of programs that reach into other hosts. */
export const REMOTE: readonly ProgramRow[] = [
  row("ssh autossh dbclient slogin hpnssh plink et", "https://man.openbsd.org/ssh", ssh),
  row("sshpass", "https://man7.org/linux/man-pages/man1/sshpass.1.html", (call) =>
    nested(call.run.words(parseOptions(call.args, shape("pfdP", "", "posix")).operands, call.stdin)),
  ),
  row("mosh mosh-client", "https://mosh.org/", (call) => {
    const { operands } = parseOptions(call.args, shape("p", "ssh port server client", "posix"));
    return nested([...connects(call, hostPart(operands[0])), ...call.run.words(operands.slice(1), null)]);
  }),
  row("scp hpnscp pscp dbscp", "https://man.openbsd.org/scp", (call) => copies(call, parseOptions(call.args, SCP))),
  row("rsync rsync-ssl openrsync", "https://download.samba.org/pub/rsync/rsync.1", rsync),
  row(
    "sftp psftp lftp ftp tnftp ncftp ncftpput ncftpget tftp atftp cadaver smbclient cmdftp",
    "https://man.openbsd.org/sftp",
    fileSession,
  ),
  row(
    "rclone duplicity restic borg kopia duplicacy tarsnap bupstash s3backer",
    "https://rclone.org/commands/",
    cloudCopy,
  ),
  row("ssh-copy-id", "https://man.openbsd.org/ssh-copy-id.1", (call) => {
    const { operands } = parseOptions(call.args, shape("iop"));
    return result([
      ...connects(call, hostPart(operands[0]), { sends: true }),
      { kind: "persist.install", via: call.name, where: "authorized_keys" },
    ]);
  }),
  row("pssh parallel-ssh pdsh clush cssh csshx dsh mussh", "https://github.com/chaos/pdsh", (call) => {
    // Only the programs of one family take a file or a text behind these letters.
    const letters = /^p(?:arallel-)?ssh$/.test(call.name) ? "hHlptoexXOAg" : "hHlptwxgfuRSc";
    const o = parseOptions(call.args, shape(letters, "hosts host user options par timeout outdir errdir", "posix"));
    const hosts = valuesOf(o, "H", "host", "w");
    // The far shell reads the words as text.
    const code = o.operands.length === 0 ? [] : call.run.shell(joined(o.operands), call.name);
    return nested([...hosts.flatMap((word) => connects(call, word)), ...code]);
  }),
  row(
    "croc wormhole wormhole-william magic-wormhole pastebinit ix termbin sprunge haste hastebin wgetpaste gist fpaste bin ffsend transfer transfersh send portal onionshare onionshare-cli airdrop localsend dropbox_uploader gdrive megaput mega-put",
    "https://github.com/schollz/croc",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const files = parseOptions(call.args).operands.filter(
        (word) => !/^(send|receive|tx|rx|upload|put)$/.test(word.value ?? ""),
      );
      return result([
        ...reads(call, files),
        ...reaches(call, serviceHost(call.name), { sends: true, secret: secretIn(call, files) }),
      ]);
    },
  ),
  row(
    "xfreerdp rdesktop vncviewer remmina teamviewer anydesk rustdesk vncserver x11vnc xrdp",
    "https://www.freerdp.com/",
    (call) => {
      const host = call.args.find((word) => /^\/v:|^[\w.-]+(:\d+)?$/.test(word.prefix));
      return result(
        host === undefined ? [] : connects(call, host.prefix.startsWith("/v:") ? literal(host.prefix.slice(3)) : host),
      );
    },
  ),
];

/** The host of `user@host`, `user@host:port` or `ssh://user@host`. */
export function hostPart(word: Word | undefined): Word | undefined {
  if (word === undefined || word.value === null) return word;
  const value = word.value.includes("://") ? word.value : word.value.slice(word.value.lastIndexOf("@") + 1);
  return { ...word, value, prefix: value };
}

function ssh(call: ProgramCall): ProgramResult {
  if (asksForHelp(call) || has(parseOptions(call.args, SSH), "V", "Q")) return NOTHING;
  const o = parseOptions(call.args, SSH);
  const host = o.operands[0];
  const inner = parseOptions(o.operands.slice(1), SSH);
  const command = inner.operands;
  const effects: Effect[] = [
    ...connects(call, hostPart(host), { sends: call.stdin !== null || has(o, "R", "L", "D", "w") }),
  ];
  for (const options of [o, inner]) effects.push(...proxied(call, options));
  if (has(o, "R", "D", "L", "w") || has(inner, "R", "D", "L"))
    effects.push({ kind: "net.listen", via: call.name, port: null });
  if (command.length > 0) effects.push(...call.run.shell(joined(command), call.name));
  return { effects, stdout: stream({ obfuscated: "downloaded" }) };
}

function proxied(call: ProgramCall, o: Options): readonly Effect[] {
  return valuesOf(o, "o").flatMap((word) => {
    const match = /^(ProxyCommand|LocalCommand|KnownHostsCommand|PermitLocalCommand)[ =](.*)$/is.exec(word.prefix);
    if (match === null || match[2] === "yes" || match[2] === "no" || match[2] === "none") return [];
    return call.run.shell(word.value === null ? null : (match[2] ?? null), call.name);
  });
}

function joined(words: readonly Word[]): string | null {
  const texts: string[] = [];
  for (const word of words) {
    if (word.value === null) return null;
    texts.push(word.value);
  }
  return texts.join(" ");
}

/** Whether an operand names a place on another host: `host:path`, `user@host:`, `rsync://…`. */
function isRemote(word: Word): boolean {
  return /^[\w.-]+:\/\/|^(?:[^/\s:@]+@)?[\w.[\]-]+:(?!\\)/.test(word.prefix);
}

function remoteHost(word: Word): Word {
  const text = word.prefix;
  if (text.includes("://")) return { ...word, value: text, prefix: text };
  const host = text.slice(text.indexOf("@") + 1).split(":")[0] ?? "";
  return { ...word, value: host, prefix: host };
}

function copies(call: ProgramCall, o: Options): ProgramResult {
  const dest = o.operands.at(-1);
  if (dest === undefined || o.operands.length < 2) return NOTHING;
  const sources = o.operands.slice(0, -1);
  const local = sources.filter((word) => !isRemote(word));
  const effects: Effect[] = [...reads(call, local), ...proxied(call, o)];
  for (const source of sources) if (isRemote(source)) effects.push(...connects(call, remoteHost(source)));
  if (isRemote(dest)) effects.push(...connects(call, remoteHost(dest), { sends: true, secret: secretIn(call, local) }));
  else effects.push(...writes(call, [dest]));
  for (const program of valuesOf(o, "S", "D")) effects.push(...runsGiven(call, program, "-S"));
  return result(effects);
}

function rsync(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, RSYNC);
  const dry = has(o, "n", "dry-run", "list-only");
  const copied = dry ? NOTHING : copies(call, { flags: new Map(), operands: o.operands });
  const effects: Effect[] = [...copied.effects];
  for (const shell of valuesOf(o, "e", "rsh")) {
    if (!/^(\/usr\/bin\/)?ssh/.test(shell.prefix)) effects.push(...call.run.shell(shell.value, call.name));
    else if (/ProxyCommand|LocalCommand/i.test(shell.prefix)) effects.push(...call.run.shell(shell.value, call.name));
  }
  for (const program of valuesOf(o, "rsync-path")) {
    if (/[\s;|&]/.test(program.prefix)) effects.push(...call.run.shell(program.value, call.name));
  }
  const dest = o.operands.at(-1);
  const removes = [...o.flags.keys()].some((name) => name.startsWith("del"));
  if (removes && !dry && dest !== undefined && o.operands.length > 1 && !isRemote(dest))
    effects.push(...deletes(call, [dest], true));
  if (has(o, "remove-source-files") && !dry)
    effects.push(
      ...deletes(
        call,
        o.operands.slice(0, -1).filter((word) => !isRemote(word)),
        true,
      ),
    );
  return result(effects);
}

function fileSession(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("bBcDFiJloPRSXeupUs", "user"));
  const commands = valuesOf(o, "c", "e");
  const opened = commands
    .map((word) => /(?:^|;)\s*(?:open|connect)\s+(?:-\S+\s+\S+\s+)*([^\s;]+)/.exec(word.prefix)?.[1])
    .find((text) => text !== undefined);
  const named = o.operands.find((word) => !word.prefix.startsWith("-"));
  const host = opened === undefined ? named : literal(opened);
  const sends =
    call.stdin !== null || /put/.test(call.name) || commands.some((word) => /\b(m?put|mirror -R)\b/.test(word.prefix));
  const sent = commands.flatMap((word) =>
    [...word.prefix.matchAll(/\bm?put\s+(?:-\S+\s+)*([^\s;]+)/g)].map((match) => literal(match[1] ?? "")),
  );
  const files = /put/.test(call.name) ? o.operands.slice(1) : sent;
  const effects = [
    ...reads(call, [...files, ...valuesOf(o, "b")]),
    ...connects(call, host === undefined ? undefined : remoteHost(host), { sends, secret: secretIn(call, files) }),
  ];
  if (call.name === "sftp")
    for (const program of valuesOf(o, "S", "D")) effects.push(...runsGiven(call, program, "-S"));
  effects.push(...proxied(call, o));
  for (const word of commands) {
    const shell = /(?:^|;)\s*!(.*)$/s.exec(word.prefix);
    if (shell !== null) effects.push(...call.run.shell(shell[1] ?? null, call.name));
  }
  return result(effects);
}

const CLOUD_READS =
  /^(ls|lsd|lsl|lsf|lsjson|size|about|version|help|config|check|md5sum|sha1sum|snapshots|stats|list|info|diff|tree|cat|--fsck|--list-archives|--print-stats|--version|init|verify)$/;

/** Where copies of files are put on this machine. */
function broughtTo(call: ProgramCall, verb: string, operands: readonly Word[]): readonly Effect[] {
  const copies = call.name === "rclone" && /^(?:copy|sync|move|copyto|moveto|bisync)$/.test(verb);
  const target = operands.length > 1 ? operands.at(-1) : undefined;
  if (target === undefined || isRemote(target) || (!copies && verb !== "restore")) return [];
  const moved = copies && verb.startsWith("move") ? operands.slice(0, -1).filter((word) => !isRemote(word)) : [];
  return [...writes(call, [target]), ...moves(call, moved)];
}

function cloudCopy(call: ProgramCall): ProgramResult {
  const o = parseOptions(call.args, shape("fprCXTK", "config repo password-file exclude include keyfile target"));
  const verb = o.operands[0]?.value ?? "";
  if (call.name === "rclone" && verb === "config" && /^(dump|show)$/.test(o.operands[1]?.value ?? ""))
    return result(readsSecret(call, "cloud_credentials", "rclone config"), stream({ secret: "cloud_credentials" }));
  if (call.name === "rclone" && /^(serve|rcd)$/.test(verb))
    return result([...reads(call, o.operands.slice(2)), { kind: "net.listen", via: call.name, port: null }]);
  if (asksForHelp(call) || CLOUD_READS.test(verb) || has(o, "list-archives", "print-stats", "fsck")) return NOTHING;
  if (call.name === "tarsnap" && has(o, "t")) return NOTHING;
  const operands = o.operands.slice(1);
  const local = operands.filter((word) => !isRemote(word));
  const effects: Effect[] = [
    ...reads(call, local),
    ...broughtTo(call, verb, operands),
    ...writes(call, valuesOf(o, "target")),
  ];
  for (const word of operands)
    if (isRemote(word))
      effects.push(...reaches(call, serviceHost(call.name), { sends: true, secret: secretIn(call, local) }));
  if (/^(delete|purge|deletefile|rmdirs|cleanup|forget|prune|remove-all|destroy)$/.test(verb) || has(o, "nuke", "d")) {
    effects.push({
      kind: "infra.change",
      via: call.name,
      system: call.name,
      operation: verb,
      destructive: true,
      count: null,
    });
  }
  if (valueOf(o, "password-file") !== undefined) effects.push(...reads(call, valuesOf(o, "password-file")));
  return result(effects);
}
