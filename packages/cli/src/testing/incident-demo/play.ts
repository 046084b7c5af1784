// The demonstration: what happened, how it is found and kept, and what somebody who owns the log's host can't undo.

import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LogReader } from "canopy-runtime/log-reader";
import { canopy, type CanopyRun } from "../canopy.ts";
import { TRACES, workADay, type Call } from "./agents.ts";
import { cutEnd, editLine, rewriteAll } from "./tamper.ts";
import { DROP_HOST, hostRuntime, keepHost, makeWorld, type World } from "./world.ts";

/** Who is told what happens. */
export interface Teller {
  readonly title: (text: string) => void;
  readonly say: (text: string) => void;
  readonly command: (words: readonly string[], run: CanopyRun) => void;
}

/** One tampering, and what verifying it said. */
export interface Tampering {
  readonly name: string;
  /** Verified by the log alone, and with the anchor. */
  readonly alone: CanopyRun;
  readonly anchored: CanopyRun;
  /** The bundle, elsewhere, after it. */
  readonly bundle: CanopyRun;
}

/** What came of it all. */
export interface Played {
  readonly world: World;
  readonly calls: readonly Call[];
  readonly incident_id: string;
  readonly runs: readonly CanopyRun[];
  readonly proof: CanopyRun;
  readonly bundle: CanopyRun;
  readonly tamperings: readonly Tampering[];
}

/** Play it in a scratch folder. */
export async function play(folder: string, teller: Teller): Promise<Played> {
  const world = makeWorld(folder);
  const runs: CanopyRun[] = [];
  const at = commandsOf(world, teller, runs);
  const calls = await theDay(world, teller);
  const found = findIt(world, teller);
  const incident_id = await takeItUp(found, teller, at);
  await exportIt({ ...found, incident_id }, { world, teller, at });
  const { proof, bundle } = await handOver(teller, at);
  const tamperings = await ownTheHost({ world, teller, at }, found.authorization_id);
  return { world, calls, incident_id, runs, proof, bundle, tamperings };
}

async function theDay(world: World, teller: Teller): Promise<readonly Call[]> {
  teller.title("1  A day's work, and a ticket with an order in it");
  teller.say(
    "Two agents work through the real runtime; their tools are simulated, nothing is contacted. One setting is",
  );
  teller.say("too broad: all of example.net is trusted, and anybody can have a name in it.");
  const calls: Call[] = [];
  const runtime = hostRuntime(world);
  try {
    await workADay(runtime, (call) => {
      calls.push(call);
      const end = call.end === "ran" ? "ran    " : "REFUSED";
      teller.say(`   ${end}  ${call.agent.padEnd(11)}  ${call.action_type.padEnd(14)}  ${call.shown}`);
    });
  } finally {
    await runtime.close();
  }
  return calls;
}

interface Found {
  readonly authorization_id: string;
  readonly avid: string;
}

/** As the console's filter does it: the newest decisions about calls to other services. */
function findIt({ log }: World, teller: Teller): Found {
  teller.title("2  Somebody calls: our customers' data is for sale");
  const reader = LogReader.open(log);
  try {
    const sent = reader.newest(1, {
      action_type: "call_external_api",
      trace_id: TRACES.support,
      event: "authorize_action",
    });
    const [entry] = sent;
    if (entry === undefined) throw new Error("the exfiltration is not in the log");
    const avid = typeof entry["avid"] === "string" ? entry["avid"] : "";
    teller.say(
      `The operator filters the log for calls to other services and finds line ${entry.seq}: an ALLOW of trace`,
    );
    teller.say(`${TRACES.support}, right after the customer table was read. The agent is ${avid.slice(0, 13)}….`);
    return { authorization_id: entry.entry_hash, avid };
  } finally {
    reader.close();
  }
}

type Run = (words: readonly string[], place?: "host" | "auditor") => Promise<CanopyRun>;

function commandsOf(world: World, teller: Teller, runs: CanopyRun[]): Run {
  return async (words, place = "host") => {
    const home = place === "host" ? world.home : join(world.auditor, "home");
    const run = await canopy(words, { cwd: place === "host" ? world.host : world.auditor, env: { CANOPY_HOME: home } });
    teller.command(words, run);
    runs.push(run);
    return run;
  };
}

async function takeItUp({ authorization_id, avid }: Found, teller: Teller, at: Run): Promise<string> {
  teller.title("3  An incident, and the agent is stopped");
  const what = `the customer table was sent to ${DROP_HOST}`;
  const words = ["incident", "open", "--trace", TRACES.support, "--agent", avid, "--what", what];
  const opened = await at([...words, "--severity", "critical", "--about", authorization_id, "--by", "ann"]);
  const id = opened.stdout.trim();
  await at(["kill-switch", "--engage", `agent:${avid}`, "--reason", id, "--by", "ann"]);
  const note = "agent stopped; example.net is no longer trusted as a whole";
  await at(["incident", "update", id, "--state", "contained", "--note", note, "--by", "ann"]);
  return id;
}

async function exportIt(found: Found & { readonly incident_id: string }, { world, teller, at }: Stage): Promise<void> {
  const { incident_id, avid } = found;
  teller.title("4  What happened, on paper, and as evidence");
  await at(["incident", "--incident", incident_id]);
  await at(["incident", "--incident", incident_id, "--export", "../auditor/report.xlsx"]);
  await at(["incident", "--incident", incident_id, "--export", "../auditor/report.html"]);
  teller.say(
    "Did any other agent touch that host? The answer is a file that proves it, for whoever has the public key:",
  );
  const resource = `net.connect:${DROP_HOST}`;
  const absent = ["prove", "absent", "--resource", resource, "--except-agent", avid, "--disclose"];
  await at([...absent, "--out", "../auditor/no-other-agent.json"]);
  const proof = ["--proof", "../auditor/no-other-agent.json"];
  await at(["evidence", "--incident", incident_id, ...proof, "--out", "../auditor/case.canopy-evidence"]);
  const { stdout } = await at(["keys", "--vkey", "--log", "audit.log"]);
  writeFileSync(join(world.auditor, "log.vkey"), stdout);
  keepElsewhere(world, teller);
}

/** What an anchor does after each checkpoint: a copy of the newest one, where this host can't reach. */
function keepElsewhere({ log, anchor }: World, teller: Teller): void {
  copyFileSync(join(`${log}.d`, "tlog", "checkpoint"), join(anchor, "checkpoint"));
  teller.say("The newest checkpoint, five lines of text, is kept on another machine, too.");
}

async function handOver(teller: Teller, at: Run): Promise<Pick<Played, "proof" | "bundle">> {
  teller.title("5  Elsewhere: a machine that has only the files and the public key");
  const bundle = await at(["verify", "case.canopy-evidence", "--vkey", "log.vkey"], "auditor");
  const proof = await at(["verify", "--proof", "no-other-agent.json", "--vkey", "log.vkey"], "auditor");
  return { proof, bundle };
}

interface Stage {
  readonly world: World;
  readonly teller: Teller;
  readonly at: Run;
}

async function ownTheHost({ world, teller, at }: Stage, authorization_id: string): Promise<readonly Tampering[]> {
  teller.title("6  The log's host is owned, keys and all; three ways to make it look better");
  const ways = [
    ["one word edited", editLine],
    ["the end cut off", cutEnd],
    ["all of it written anew, signed by the stolen key", rewriteAll],
  ] as const;
  const restore = keepHost(world);
  const tamperings: Tampering[] = [];
  for (const [name, tamper] of ways) {
    restore();
    tamper(world, authorization_id);
    teller.say(`\n   ${name}:`);
    const alone = await at(["verify", "audit.log", "--signatures"]);
    const anchored = await at([
      "verify",
      "audit.log",
      "--anchor",
      join(world.anchor, "checkpoint"),
      "--vkey",
      join(world.auditor, "log.vkey"),
    ]);
    const bundle = await at(["verify", "case.canopy-evidence", "--vkey", "log.vkey"], "auditor");
    tamperings.push({ name, alone, anchored, bundle });
  }
  restore();
  return tamperings;
}
