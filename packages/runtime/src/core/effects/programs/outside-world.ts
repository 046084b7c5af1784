// Programs that message people, mine, scan, attack, compute at large scale, or move devices.

import type { Effect } from "../effect.ts";
import { NOTHING, connects, nested, reads, readsSecret, result, secretIn, stream, writes } from "./describe.ts";
import { has, parseOptions, shape, valueOf, valuesOf, type Options } from "./options.ts";
import { countOf, infra } from "./infra-change.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** Rows of programs that reach people, markets, targets and clusters. */
export const OUTSIDE_WORLD: readonly ProgramRow[] = [
  row(
    "mail mailx s-nail sendmail mutt neomutt msmtp swaks ssmtp nullmailer-inject mailsend sendemail sendEmail exim exim4 mpack metamail himalaya aerc mailto smtp-cli nail bsd-mailx postdrop",
    "https://man7.org/linux/man-pages/man1/mailx.1p.html",
    mail,
  ),
  row(
    "slackcat slack slack-cli telegram-send telegram-cli discord-cli discordo signal-cli ntfy pushover apprise gotify wacli mattermost matrix-commander sendxmpp irssi weechat toot tut twurl t rainbowstream xmpp-send notify pushbullet twilio textbelt gammu gammu-smsd-inject kdeconnect-cli rem zulip-send msteams",
    "https://github.com/caronc/apprise",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const verbs = call.args.slice(0, 2).map((word) => word.value ?? "");
      if (
        /^(list|ls|status|receive|history|search|version|doctor|auth|login|whoami|config|-l|--list.*|read|show|sync|chats|contacts|subscribe|timeline)$/.test(
          verbs[0] ?? "",
        ) ||
        /^(list|search|show|read|get|history)$/.test(verbs[1] ?? "")
      )
        return NOTHING;
      const o = parseOptions(call.args, shape("auhcfmt", "file attachment message to title body"));
      return result([
        ...reads(call, valuesOf(o, "a", "f", "file", "attachment")),
        { kind: "message.send", via: call.name, channel: call.name, recipients: null, bulk: false },
      ]);
    },
  ),
  row(
    "xmrig xmrig-cuda xmr-stak ethminer minerd cpuminer cpuminer-opt cpuminer-multi t-rex nbminer lolminer lolMiner phoenixminer PhoenixMiner gminer teamredminer bfgminer cgminer sgminer ccminer claymore nanominer srbminer srbminer-multi SRBMiner-MULTI wildrig trex nsfminer kawpowminer bminer excavator nicehash randomx-miner cryptominer hellminer verthashminer rigel bzminer onezerominer minergate p2pool",
    "https://xmrig.com/docs/miner",
    (call) =>
      asksForHelp(call)
        ? NOTHING
        : result([{ kind: "mining.run", via: call.name, program: call.name }, ...connects(call, pool(call))]),
  ),
  row(
    "bitcoin-cli ethereum-cli geth monero-wallet-cli electrum lncli lightning-cli solana stripe paypal ledger-live litecoin-cli dogecoin-cli zcash-cli starkli sui aptos cardano-cli spl-token",
    "https://bitcoincore.org/en/doc/",
    wallet,
  ),
  row(
    "nmap zenmap masscan zmap rustscan naabu unicornscan netdiscover arp-scan nbtscan fierce dnsrecon dnsenum recon-ng whatweb wafw00f nikto wpscan joomscan droopescan gobuster dirb dirbuster ffuf wfuzz feroxbuster nuclei zaproxy zap-cli burpsuite skipfish arachni w3af openvas gvm-cli nessus nessuscli enum4linux enum4linux-ng smbmap onesixtyone sslscan sslyze testssl testssl.sh httpx nxc crackmapexec netexec cme bloodhound-python kerbrute autorecon legion sparta p0f xprobe2 hping vulners trufflehog",
    "https://nmap.org/book/man.html",
    scanner,
  ),
  row(
    "sqlmap metasploit msfconsole msfvenom msfcli armitage beef beef-xss setoolkit social-engineer-toolkit commix xsser routersploit exploitdb powershell-empire empire covenant cobaltstrike impacket-psexec impacket-smbexec impacket-wmiexec psexec.py wmiexec.py smbexec.py impacket-secretsdump responder mitm6 bettercap ettercap arpspoof dnsspoof dnschef sslstrip evilginx evilginx2 gophish king-phisher wifiphisher aircrack-ng airodump-ng aireplay-ng airmon-ng airbase-ng reaver bully wifite kismet mdk3 mdk4 fluxion john hashcat hydra medusa ncrack patator crowbar thc-hydra ophcrack rainbowcrack cewl crunch cupp brutespray veil shellter weevely mimikatz rubeus ligolo responder.py yersinia scapy tcpreplay packETH macof dsniff",
    "https://sqlmap.org/",
    attacker,
  ),
  row(
    "hping3 slowloris slowhttptest goldeneye hulk loic hoic t50 torshammer xerxes mhddos ufonet hyenae pyloris thc-ssl-dos slowloris.py ddos botnet ransomware synflood udpflood",
    "https://www.kali.org/tools/hping3/",
    (call) =>
      asksForHelp(call)
        ? NOTHING
        : result([{ kind: "security.use", via: call.name, tool: call.name, level: "attack" }]),
  ),
  row(
    "tcpdump tshark wireshark dumpcap ngrep snoop termshark tcpflow sniffglue netsniff-ng driftnet urlsnarf ssldump sngrep",
    "https://www.tcpdump.org/manpages/tcpdump.1.html",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const o = parseOptions(call.args, shape("irwcsCGWzBEFMTyDdfYeT", "interface read-file"));
      const command = valueOf(o, "z");
      const effects: Effect[] = [...reads(call, valuesOf(o, "r", "F")), ...writes(call, valuesOf(o, "w"))];
      if (command !== undefined) effects.push(...call.run.shell(command.value, call.name));
      if (has(o, "r", "D", "list-interfaces") || (call.name !== "tcpdump" && o.flags.size === 0))
        return result(effects);
      return nested([...effects, { kind: "security.use", via: call.name, tool: call.name, level: "scan" }]);
    },
  ),
  row(
    "torchrun deepspeed accelerate horovodrun mpirun mpiexec orterun srun sbatch salloc qsub bsub ray dask-worker spark-submit pyspark flink hadoop colossalai axolotl vllm sglang text-generation-launcher torchtune mlx_lm.lora lm_eval",
    "https://slurm.schedmd.com/sbatch.html",
    heavy,
  ),
  row("xdotool ydotool wtype dotool cliclick", "https://github.com/jordansissel/xdotool", (call) => {
    const typed = call.args.findIndex((word) => word.value === "exec");
    return typed < 0 ? NOTHING : nested(call.run.words(call.args.slice(typed + 1), null));
  }),
  row(
    "rostopic rosservice roslaunch ros2 rosrun arduino-cli avrdude esptool esptool.py openocd gcode octoprint-cli mavproxy mavproxy.py px4 ardupilot dronekit-sitl tuya-cli hue openhue gpioset pigs i2cset irsend modpoll mbpoll snmpset cansend canplayer pio",
    "https://docs.ros.org/en/rolling/",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const text = call.args.map((word) => word.prefix).join(" ");
      const acts =
        /\b(pub|call|upload|flash|write_flash|erase_flash|write|send_goal|set|action send|on|off|move|erase|program)\b|-U \w+:w:|-t upload/.test(
          text,
        ) || /^(gpioset|pigs|i2cset|irsend|cansend|canplayer|snmpset|mavproxy|modpoll|mbpoll)/.test(call.name);
      return acts ? result([{ kind: "physical.act", via: call.name, device: call.name }]) : NOTHING;
    },
  ),
];

function mail(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o: Options = parseOptions(
    call.args,
    shape("sacbrAqSHFiftuxoEC", "to from server subject attach body cc bcc auth-user auth-password header attachments"),
  );
  const sends = call.stdin !== null || o.operands.length > 0 || has(o, "t", "to", "s", "subject");
  if (!sends || (has(o, "f", "bp", "H", "N") && o.operands.length === 0)) return NOTHING;
  const files = [
    ...valuesOf(o, "a", "A", "attach", "attachments").filter((word) => !word.prefix.includes("=")),
    ...valuesOf(o, "body")
      .map((word) =>
        word.prefix.startsWith("@")
          ? { ...word, value: word.value?.slice(1) ?? null, prefix: word.prefix.slice(1) }
          : word,
      )
      .filter((word) => /^[/~.]/.test(word.prefix)),
  ];
  const recipients = [...o.operands, ...valuesOf(o, "to", "cc", "bcc", "c", "b")].flatMap((word) =>
    word.value === null ? [] : word.value.split(","),
  );
  const secret = secretIn(call, files) ?? call.stdin?.secret ?? null;
  const effects: Effect[] = [
    ...reads(call, files),
    {
      kind: "message.send",
      via: call.name,
      channel: "email",
      recipients: recipients.length === 0 ? null : recipients.length,
      bulk: recipients.length > 10,
    },
  ];
  const server = valueOf(o, "server", "S");
  if (server !== undefined && !server.prefix.includes("="))
    effects.push(...connects(call, server, { sends: true, secret }));
  else if (secret !== null)
    effects.push({
      kind: "secret.send",
      via: call.name,
      secret,
      host: { host: null, text: recipients[0] ?? "mail", class: "public", port: null, domain: null },
    });
  return result(effects);
}

function pool(call: ProgramCall): Word | undefined {
  return call.args.find((word) => /:\/\/|\.[a-z]+:\d+$/.test(word.prefix));
}

function wallet(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const texts = call.args.map((word) => word.value ?? "");
  const verb = texts.find((text) =>
    /^(send\w*|pay\w*|transfer\w*|payto|broadcast|withdraw\w*|payout\w*|refunds?|charges?|sweep\w*|fundchannel|closechannel|airdrop)$/i.test(
      text,
    ),
  );
  if (
    texts.some((text) =>
      /^(dumpprivkey|dumpwallet|getseed|getmasterprivate|seed|export|private-key|wallet-private-key)$/i.test(text),
    )
  )
    return result(readsSecret(call, "wallet_key", call.name), stream({ secret: "wallet_key" }));
  if (verb === undefined && call.name === "stripe" && texts.some((text) => /^(?:delete|cancel|void)$/.test(text)))
    return result([infra(call, "stripe", "delete", true)]);
  if (verb === undefined)
    return texts.some((text) => /^--mine|miner|generatetoaddress|setgenerate$/.test(text))
      ? result([{ kind: "mining.run", via: call.name, program: call.name }])
      : NOTHING;
  return result([{ kind: "money.move", via: call.name, amount: null, currency: null, problem: "amount not read" }]);
}

function scanner(call: ProgramCall): ProgramResult {
  if (asksForHelp(call) || call.args.length === 0) return NOTHING;
  const o = parseOptions(call.args, shape("pSeDgiToxuUwPHst", "script script-args ports interface output oN oX oG oA"));
  const effects: Effect[] = [{ kind: "security.use", via: call.name, tool: call.name, level: "scan" }];
  if (has(o, "interactive"))
    effects.push({ kind: "exec.unresolved", via: call.name, part: "code", text: "interactive" });
  const script = valueOf(o, "script");
  if (script !== undefined && /[/~]|\.nse$/.test(script.prefix))
    effects.push({ kind: "exec.unresolved", via: call.name, part: "code", text: script.text });
  return result(effects);
}

const ATTACKS =
  /^(hydra|medusa|ncrack|patator|crowbar|thc-hydra|brutespray|aireplay-ng|mdk[34]|arpspoof|dnsspoof|sslstrip|evilginx2?|gophish|king-phisher|wifiphisher|fluxion|mimikatz|rubeus|weevely|macof|empire|powershell-empire|covenant|cobaltstrike|setoolkit|responder|ettercap)$/;

function attacker(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const effects: Effect[] = [
    { kind: "security.use", via: call.name, tool: call.name, level: ATTACKS.test(call.name) ? "attack" : "scan" },
  ];
  const o = parseOptions(call.args, shape("oxfw", "os-cmd os-shell wordlist"));
  const command = valueOf(o, "os-cmd");
  if (command !== undefined) effects.push(...call.run.shell(command.value, call.name));
  if (/^(john|hashcat|mimikatz)$/.test(call.name))
    effects.push(
      ...reads(
        call,
        o.operands.filter((word) => /[/~.]/.test(word.prefix)),
      ),
    );
  return nested([...effects, ...writes(call, valuesOf(o, "o"))]);
}

function heavy(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(
    call.args,
    shape(
      "NncGpqtJoeAw",
      "nodes ntasks gpus nnodes nproc_per_node nproc-per-node num_gpus num_nodes np gres partition time job-name num-executors num_machines num_processes master_addr master_port node_rank rdzv_backend hostfile",
      "posix",
    ),
  );
  if (/^(status|list|stop|logs|config|env|test|info|down|memory|timeline)$/.test(o.operands[0]?.value ?? ""))
    return NOTHING;
  const quantity = countOf(
    valueOf(
      o,
      "N",
      "nodes",
      "nnodes",
      "num_nodes",
      "n",
      "np",
      "ntasks",
      "gpus",
      "nproc_per_node",
      "nproc-per-node",
      "num_gpus",
      "num-executors",
    ),
  );
  const nestedRun = /^(mpirun|mpiexec|orterun|srun)$/.test(call.name) ? call.run.words(o.operands, call.stdin) : [];
  return nested([{ kind: "compute.heavy", via: call.name, what: call.name, quantity }, ...nestedRun]);
}
