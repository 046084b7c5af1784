// Action types on no list: what the words of their name say. Reading words pass, changing words ask, and words for a
// shell, a file, money or a message class the type with its kind.

import type { Verb } from "./action.ts";
import { plainWords } from "./action-stems.ts";
import { changingPair, firstAfterProduct, switches } from "./changing-phrases.ts";
import { nameWords } from "./effects/text.ts";
import { isMild } from "./mild-names.ts";
import { wordSet } from "./word-set.ts";

/** What a name reads as. */
export interface NameReading {
  readonly verb: Verb;
  readonly changing: boolean;
}

const READING = wordSet(
  "get list read show view search find lookup look fetch describe check count exists exist status summarize summarise translate explain analyze analyse inspect compare calculate compute convert parse validate verify preview estimate classify detect extract think plan reason echo print log noop help diff watch monitor measure render draft suggest recommend answer ask select browse query is has can info stats history report docs search lint test evaluate score rank filter sort suggest brainstorm review retrieve recall lookup peek head tail tokenize embed who what which where how",
);

const CHANGING = wordSet(
  "crontab cron systemd launchd autostart delegate delegates make create update delete remove destroy drop purge erase wipe clear reset revoke grant disable enable set modify edit change write insert add append upload put patch post submit approve reject cancel terminate kill stop start restart reboot shutdown shut install uninstall apply rollback revert merge push commit close open lock unlock transfer assign unassign rotate invite ban suspend block unblock rename move archive unarchive restore import export sync migrate provision deprovision scale attach detach mount unmount flash overwrite replace truncate flush invalidate escalate elevate promote demote impersonate exploit attack hack inject bypass override register unregister deregister unsubscribe schedule trigger execute exec run invoke call launch spawn fork send share publish broadcast book order buy sell pay withdraw mint burn sign encrypt decrypt exfiltrate dump leak wire activate deactivate configure reconfigure evict drain cordon failover nuke expire release toggle switch turn increase decrease raise lower adjust control operate drive fly fire shoot inject dose administer prescribe copy clone deploy teardown tear rm del mv kick mute block forward reply redirect reroute tamper forge spoof poison sabotage crash corrupt scrub shred unlink detonate hijack takeover resign fire hire dismiss reassign transfer vote accept decline authorize authorise unauthorize refund charge donate reimburse remit payout unpublish unfollow unpin unarchive allow permit dispense disarm arm actuate decommission recruit replicate resume unpause pause halt abort stake unstake swap redeem liquidate lend borrow repay void escrow onboard offboard reimage reprogram calibrate ignite eject vent depressurize quarantine blackhole certify notarize endorse abandon discard dispose dispatch repost moderate expose disclose declassify disseminate steal harvest intercept wiretap flood spam brick rent lease overclock underclock undervolt overvolt unfreeze waive forgive converge unseal downgrade deceive dox doxx blackmail extort swat stalk harass threaten defame defraud scam jailbreak sideload flushall flushdb yank squash expel deduct unpair silence acknowledge snooze reconcile redial deprovision undeploy unprovision unbind rekey reissue reopen reactivate reallocate demolish summon harm hurt injure maim strangle furlough garnish foreclose repossess confiscate impound sanction penalize embezzle launder counterfeit smuggle kidnap murder assassinate bribe coerce intimidate manipulate radicalize catfish falsify backdate fabricate eavesdrop snoop surveil deanonymize unmask undelegate unbond redelegate airdrop cashout uncap throttle derate energize deenergize defuse anesthetize sedate euthanize medicate transfuse enforce brainwash gaslight torture enslave traffick trespass vandalize incite entrap bounce adopt discount restock relist reserve destruct discipline deny dispute sweep boil infuse scram enroll clean cleanup prune compact whitelist allowlist blacklist join leave follow unfollow save store persist record seed load",
);

/** Words that change so surely that they count even right after a reading word. */
const STRONG = wordSet("write delete remove destroy drop wipe execute exec kill purge erase truncate nuke");

const JOINING = wordSet("and or then");

const SHELL = wordSet("shell bash zsh terminal powershell pwsh subprocess commandline cmdline");
const COMMAND = wordSet("command commands cmd cmds script scripts code python javascript snippet");
const RUN = wordSet("run exec execute invoke call start launch");
const COMMAND_LAST = wordSet("cmd command commands");
const HOSTS = wordSet("sys system os do host local remote raw cli unix linux vm container machine root server");
const PRINTED = wordSet("output outputs result results");
const RUN_ALONE = wordSet("execute");
const FILE = wordSet("file files path folder folders directory directories dir dirs fs filesystem disk");
const DELETE = wordSet("delete remove rm del unlink erase destroy wipe shred trash purge clean cleanup prune");
/** Words that change a file, and elsewhere only speak of doing so. */
const REWRITE = wordSet("sed awk rewrite substitute amend revise fix fill reformat refactor mutate touch");
const MONEY = wordSet(
  "money pay payment payments payout payouts refund refunds purchase buy wire funds fund invoice charge donate withdraw withdrawal checkout payroll remittance reimburse transaction",
);
const MESSAGE = wordSet(
  "email emails mail sms slack tweet message messages dm telegram whatsapp discord notification newsletter broadcast fax notify mastodon linkedin facebook instagram",
);
const SEND = wordSet("send post reply forward broadcast notify blast push publish tweet compose write");
const MANY = wordSet("mass bulk");
const SEND_FIRST = wordSet("email mail message text dm notify sms fax");
const AGENT = wordSet("agent agents subagent subagents assistant bot");
const MAKE = wordSet("spawn create fork launch start clone make build delegate dispatch replicate new hire");
const NET = wordSet(
  "http https url urls uri webhook webpage website web browser api endpoint rest graphql ftp ftps sftp tcp udp socket sockets websocket websockets grpc rpc ldap telnet mqtt proxy internet hyperlink port ports",
);
const NET_DO = wordSet(
  "fetch get post put call request browse open navigate visit load scrape crawl download upload invoke send trigger goto read hit connect dial proxy forward tunnel stream capture screenshot preview render extract import pull retrieve probe scan check monitor",
);
/** Words that reach out by themselves when a name begins with them. */
const NET_FIRST = wordSet("download upload crawl scrape wget curl");
const DATABASE = wordSet(
  "sql db database postgres postgresql mysql mariadb mssql oracle sqlite mongodb mongo redis bigquery snowflake redshift clickhouse duckdb dynamodb cosmosdb cassandra couchdb firestore elasticsearch opensearch influxdb table tables",
);
const PHYSICAL = wordSet(
  "robot robots robotic drone drones actuator actuators motor motors servo servos servomotor servomotors hardware valve valves gripper thruster throttle thermostat relay solenoid pump heater furnace oven crane elevator gate turret laser centrifuge plc scada gpio stepper conveyor vehicle forklift rotor pacemaker ventilator defibrillator",
);
/** Words that make a name speak about a thing instead of moving it. */
const ABOUT = wordSet(
  "txt docs doc documentation font fonts manual manuals inventory catalog catalogue store shop price prices photo photos image images info description article articles news review reviews spec specs specification report reports quote insurance blog book wiki tutorial course guide faq list search status log logs history name names id ids schema model page test tests emulator simulation simulator",
);
const DEPLOY = wordSet("deploy deployment rollout release");
const MINING = wordSet("mine mining miner");
const COIN = wordSet("crypto cryptocurrency bitcoin btc monero xmr ethereum eth coin coins");
const GOVERN = wordSet(
  "approval approvals permission permissions policy policies guardrail guardrails governance canopy killswitch audit role roles privilege privileges entitlement entitlements",
);
const COMPUTE = wordSet("gpu gpus tpu tpus training cluster hpc supercomputer");
const ATTACK = wordSet(
  "ddos exploit attack hack hijack ransomware botnet bruteforce phish phishing keylogger rootkit malware",
);

/**
 * Read a name that is on no list.
 *
 * Cost: linear in the name.
 */
export function readName(name: string): NameReading {
  const list = plainWords(nameWords(name));
  const has = (set: ReadonlySet<string>): boolean => list.some((word) => set.has(word));
  if (isMild(list)) return { verb: "other", changing: false };
  const changing = isChanging(list);
  const reads = !changing && list.some((word) => READING.has(word));
  if (has(PHYSICAL) && !reads && !has(ABOUT)) return { verb: "physical", changing: true };
  if (isShell(list, has) && !reads) return { verb: "exec", changing: true };
  const kind = reads ? readKindOf(has) : kindOf(has, changing, list);
  if (kind !== null) return { verb: kind, changing };
  return { verb: reads ? "read" : "other", changing };
}

const TYPING = wordSet("keystroke keystrokes keypress typewrite typewriter typing sendkeys pty tty stdin repl");
const TYPED_INTO = wordSet(
  "gui ui console remote desktop screen browser page element field form keyboard text vnc rdp web dom mobile android adb appium selenium playwright puppeteer xdotool pyautogui computer keys key string chars into in window app",
);
const TYPES = wordSet("type typed types fill press paste enter input");

/** Changing words that only hand the text over. */
const HANDING = wordSet("send write insert put forward");

/** Whether a name says that text is typed into a screen, a page or a terminal: `gui_type`, `fill_field`. */
export function namesTyping(name: string): boolean {
  const list = nameWords(name);
  const first = list[0] ?? "";
  if (READING.has(first) || list.some((word) => CHANGING.has(word) && !HANDING.has(word))) return false;
  if (list.some((word) => TYPING.has(word))) return true;
  const rest = list.filter((word) => !TYPES.has(word));
  return rest.length < list.length && rest.some((word) => TYPED_INTO.has(word)) && rest.every(isScreenWord);
}

function isScreenWord(word: string): boolean {
  return TYPED_INTO.has(word) || SCREEN_ASIDE.has(word);
}

const SCREEN_ASIDE = wordSet(
  "and then by at to on the my this our current active x y x11 wayland simulate human action tool click left clicks focus locator selector id terminal",
);

const SECRETS = wordSet(
  "secret secrets credential credentials password passwords passwd passphrase keychain keyring vault apikey apikeys onepassword bitwarden lastpass keepass keepassxc dashlane",
);
const SECRET_ASIDE = wordSet(
  "list lists policy policies strength hint status rotation expiry expiration metadata santa names count validate validator generate generator check checker public requirements rules history age scan scanner meter",
);
const TOKEN_KINDS = wordSet("access auth api bearer refresh session oauth id");
const KEY_KINDS = wordSet("api private ssh secret access encryption signing");
const PLAIN_READING = wordSet("get read fetch show reveal view retrieve export dump access item value lookup");

/** The kind of secret that a name reads: `get_secret`, `vault_read`, `fetch_api_key`; null when it reads none. */
export function namesSecret(name: string): string | null {
  const list = nameWords(name);
  if (list.some((word) => SECRET_ASIDE.has(word)) || !list.some((word) => PLAIN_READING.has(word))) return null;
  const plain = list.find((word) => SECRETS.has(word));
  if (plain !== undefined) return plain;
  const paired = list.some(
    (word, index) =>
      (word === "key" && KEY_KINDS.has(list[index - 1] ?? "")) ||
      (word === "token" && TOKEN_KINDS.has(list[index - 1] ?? "")),
  );
  if (paired) return "key";
  return list.length === 2 && list.includes("env") ? "environment" : null;
}

/** Whether an attack on others is what the name says: `launch_ddos`, `exploit_vulnerability`. */
export function namesAttack(name: string): boolean {
  const list = nameWords(name);
  const first = list[0] ?? "";
  return list.some((word) => ATTACK.has(word)) && !READING.has(first) && !list.some((word) => ABOUT.has(word));
}

function changes(word: string): boolean {
  return CHANGING.has(word);
}

function isChanging(list: readonly string[]): boolean {
  const first = list[0] ?? "";
  const last = list.at(-1) ?? "";
  const pair = changingPair(list);
  if (pair === 0 || (pair > 0 && !READING.has(first))) return true;
  if (switches(list) && !READING.has(first)) return true;
  if (list.length > 1 && CHANGING_FIRST.has(firstAfterProduct(list)) && !onlyLooks(last)) return true;
  // `intune_retire_device`: whatever it begins with, then what is done, then to what.
  if (list.length === 3 && CHANGING_FIRST.has(list[1] ?? "") && !READING.has(first) && !onlyLooks(last)) return true;
  if (list.some((word) => OPERATORS.has(word)) && !list.some((word) => READING.has(word) || PLANNED.has(word)))
    return true;
  if (first === "generate" && list.some((word) => GRANTED.has(word))) return true;
  if (list.includes("format") && list.some((word) => VOLUMES.has(word))) return true;
  if (READING.has(first))
    return list.some((word) => JOINING.has(word)) ? list.some(changes) : STRONG.has(list[1] ?? "");
  // `hardware_store_search`, `open_issue_count`: what comes last says what is done.
  if (LOOKING_LAST.has(last) && (!changes(first) || NOUN_FIRST.has(first)))
    return list.some((word) => STRONG.has(word));
  return list.some(changes);
}

function onlyLooks(last: string): boolean {
  return ABOUT.has(last) || LOOKING_LAST.has(last) || READING.has(last);
}

/** Tools that put infrastructure into a state, unless their name says that they only plan. */
const OPERATORS = wordSet(
  "ansible terraform terragrunt pulumi puppet saltstack helm kubectl argocd systemctl iptables",
);
const PLANNED = wordSet("plan docs version versions template templates diff output outputs fmt format inventory");

/** Words that change when a longer name begins with them, and elsewhere are things: `issue_certificate`, `list_issues`. */
const CHANGING_FIRST = wordSet(
  "issue ship spin take land power collect claim seal route tag pin empty connect link freeze cut retire forget transition dial force pair",
);
/** What makes of a name that generates something a grant. */
const GRANTED = wordSet(
  "token tokens key keys keypair certificate certificates credential credentials password apikey",
);
const VOLUMES = wordSet("disk drive volume partition filesystem usb");
const LOOKING_LAST = wordSet(
  "search lookup count list history stats status info details summary overview docs exists balance metrics",
);
const NOUN_FIRST = wordSet(
  "open closed store order orders book books call calls release releases share shares post posts refund charge transfer shipping build sync import export schedule",
);

function isShell(list: readonly string[], has: (set: ReadonlySet<string>) => boolean): boolean {
  // `bash_output` looks at what one printed.
  if (has(SHELL)) return !PRINTED.has(list.at(-1) ?? "");
  // `task_runner`, `job_executor` run whatever they are given; so does `выполнить`.
  if (list.length === 1 && RUN_ALONE.has(list[0] ?? "")) return true;
  if (list.length === 2 && HOSTS.has(list[0] ?? "") && COMMAND_LAST.has(list[1] ?? "")) return true;
  return has(COMMAND) && has(RUN) && list.length <= 4;
}

// A name that only reads is never a message or a payment, whatever it reads.
function readKindOf(has: (set: ReadonlySet<string>) => boolean): Verb | null {
  if (has(FILE)) return "fs.read";
  if (has(DATABASE)) return "db";
  return has(NET) && has(NET_DO) ? "net" : null;
}

function kindOf(has: (set: ReadonlySet<string>) => boolean, changing: boolean, list: readonly string[]): Verb | null {
  const [first = ""] = list;
  const lone = list.length === 1;
  if (has(FILE) && has(DELETE)) return "fs.delete";
  if (has(MONEY) && changing) return "money";
  if (has(MINING) && has(COIN)) return "mining";
  if (has(AGENT) && has(MAKE)) return "spawn";
  if (has(MESSAGE) && (has(SEND) || has(MANY) || SEND_FIRST.has(first))) return "message";
  if (has(FILE)) return changing || has(REWRITE) ? "fs.write" : "fs.read";
  if (has(DATABASE)) return "db";
  if (NET_FIRST.has(first) || (has(NET) && (has(NET_DO) || lone))) return "net";
  if (has(DEPLOY) && changing) return "deploy";
  if (has(GOVERN) && changing) return "govern";
  return has(COMPUTE) && changing ? "compute" : null;
}
