// `canopy incident` and `canopy coverage`, as the built binary, over logs of the real runtime and of 0.4.2.

import assert from "node:assert/strict";
import { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createRuntime, type Runtime } from "canopy-runtime";
import { canopy, inScratch, type CanopyRun } from "../testing/canopy.ts";
import { HOSTILE, isTame } from "../testing/hostile.ts";
import { markdownText } from "./history-markdown.ts";

const VECTORS = fileURLToPath(new URL("../../../../vectors/", import.meta.url));

async function withLog<T>(cwd: string, use: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = createRuntime({ env: {}, audit_log_path: join(cwd, "audit.log"), home: join(cwd, "home") });
  try {
    return await use(runtime);
  } finally {
    await runtime.close();
  }
}

async function run(runtime: Runtime, agent: string, trace_id: string, command: string): Promise<string | null> {
  const agent_ctx = { public_key: agent, trace_id };
  const { decision, authorization_id, action_digest } = await runtime.authorize(agent_ctx, "shell", { command });
  if (decision !== "ALLOW") return authorization_id;
  await runtime.begin(authorization_id, action_digest);
  await runtime.attest(authorization_id, { ok: true, result: "done" });
  return authorization_id;
}

function parsed(result: CanopyRun): Record<string, unknown> & { rows: Record<string, unknown>[] } {
  return JSON.parse(result.stdout);
}

const TAGS = "!doctype,html,head,meta,title,style,body,main,h1,h2,p,b,dl,dt,dd,div,table,tr,th,td".split(",");
const SHAPES = ["svg", "g", "rect", "line", "text", "path", "polygon", "circle"];
const ATTRIBUTES =
  /^(?: (?:html|lang|charset|http-equiv|content|name|class|title|xmlns|viewBox|role|d|x|y|[xyr][12]|r|cx|cy|points|transform|width|height|fill|stroke[\w-]*|font-[\w-]+)(?:="[^"<>]*")?)*\/?$/u;

/** Every tag that this project doesn't write, or whose attributes it doesn't. */
function strangeTags(markup: string): readonly string[] {
  const own = new Set([...TAGS, ...SHAPES]);
  return [...markup.matchAll(/<\/?([^\s>/]*)([^>]*)>?/gu)]
    .filter(([, name = "", rest = ""]) => !own.has(name) || !ATTRIBUTES.test(rest))
    .map(([tag]) => tag);
}

describe("canopy incident", () => {
  it("tells a trace in order, with how the log stands, and nothing of another trace", () =>
    inScratch(async (cwd) => {
      await withLog(cwd, async (runtime) => {
        await run(runtime, "agent-1", "t-1", "ls");
        await run(runtime, "agent-2", "t-2", "pwd");
        await run(runtime, "agent-1", "t-1", "rm -rf /");
      });
      const text = await canopy(["incident", "audit.log", "--trace", "t-1"], { cwd });
      assert.equal(text.code, 0, text.stderr);
      assert.match(text.stdout, /chain +intact: \d+ entries, verified by this run/u);
      assert.match(text.stdout, /anchor +home vouches at \d+ entries/u);
      assert.match(text.stdout, /signatures +\d+ entries in \d+ batches/u);
      assert.match(text.stdout, /no log can see ungoverned calls/u);
      assert.match(text.stdout, /ALLOW.*\n.*started.*\n.*done.*\n.*DENY/u);
      const { rows } = parsed(await canopy(["incident", "timeline", "audit.log", "--trace", "t-1", "--json"], { cwd }));
      assert.deepEqual(
        rows.map(({ what }) => what),
        ["ALLOW", "started", "done", "DENY"],
      );
    }));

  it("opens, updates, lists, shows and closes an incident, and tells what it is about", () =>
    inScratch(async (cwd) => {
      const about = await withLog(cwd, async (runtime) => {
        await run(runtime, "agent-2", "t-2", "pwd");
        return run(runtime, "agent-1", "t-1", "ls");
      });
      const words = [
        "--trace",
        "t-9",
        "--agent",
        "agent-1",
        "--what",
        "it listed",
        "--about",
        about ?? "",
        "--by",
        "ann",
      ];
      const opened = await canopy(["incident", "open", "audit.log", ...words], { cwd });
      const id = opened.stdout.trim();
      assert.match(id, /^inc-[0-9a-f]{24}$/u, opened.stderr);
      const update = ["incident", "update", id, "audit.log", "--by", "bob"];
      const contained = await canopy([...update, "--state", "contained", "--note", "key revoked"], { cwd });
      assert.equal(contained.code, 0, contained.stderr);
      assert.equal((await canopy([...update, "--state", "open"], { cwd })).code, 0);
      assert.equal((await canopy([...update, "--state", "closed", "--link", "https://t.example/1"], { cwd })).code, 0);
      const refused = await canopy([...update, "--state", "contained"], { cwd });
      assert.deepEqual([refused.code, refused.stderr.includes("[NOT_ALLOWED]")], [1, true]);
      const shown = await canopy(["incident", "show", id, "audit.log"], { cwd });
      assert.match(shown.stdout, /closed\n.*it listed/u);
      assert.match(shown.stdout, /note .*bob: key revoked/u);
      assert.match((await canopy(["incident", "list", "audit.log"], { cwd })).stdout, /closed/u);
      assert.equal((await canopy(["incident", "list", "audit.log", "--open"], { cwd })).stdout, "");
      const { rows } = parsed(await canopy(["incident", "audit.log", "--incident", id, "--json"], { cwd }));
      assert.deepEqual(
        rows.map(({ what }) => what),
        ["ALLOW", "started", "done", "incident open", "incident contained", "incident open", "incident closed"],
      );
    }));

  it("shows a broken log as far as it goes, marks what isn't verified, and exits 1", () =>
    inScratch(async (cwd) => {
      await withLog(cwd, async (runtime) => {
        for (const command of ["ls", "pwd", "id"]) await run(runtime, "agent-1", "t-1", command);
      });
      const log = join(cwd, "audit.log");
      const lines = readFileSync(log, "utf8").split("\n");
      const bad = lines.findIndex((line) => line.includes('"tool_result"'));
      lines[bad] = lines[bad]?.replace('"ok":true', '"ok":null') ?? "";
      writeFileSync(log, lines.join("\n"));
      const broken = await canopy(["incident", "audit.log", "--trace", "t-1"], { cwd });
      assert.equal(broken.code, 1);
      assert.match(broken.stdout, new RegExp(`BROKEN at line ${bad + 1} `, "u"));
      const { rows } = parsed(await canopy(["incident", "audit.log", "--trace", "t-1", "--json"], { cwd }));
      const unverified = rows.filter(({ marks }) => JSON.stringify(marks).includes("unverified"));
      assert.deepEqual([rows.length, unverified.length], [9, 7]);
    }));

  it("answers an unknown trace with nothing, and refuses an unknown incident, no log, no question, an odd ending", () =>
    inScratch(async (cwd) => {
      await withLog(cwd, (runtime) => run(runtime, "agent-1", "t-1", "ls"));
      const none = await canopy(["incident", "audit.log", "--trace", "nobody"], { cwd });
      assert.deepEqual([none.code, none.stdout.includes("no entry matches")], [0, true]);
      assert.equal((await canopy(["incident", "audit.log", "--incident", "inc-0"], { cwd })).code, 2);
      assert.equal((await canopy(["incident", "nowhere.log", "--trace", "t-1"], { cwd })).code, 2);
      assert.equal((await canopy(["incident", "audit.log"], { cwd })).code, 2);
      for (const given of ["pdf", "x.pdf", "x"]) {
        const odd = await canopy(["incident", "audit.log", "--trace", "t-1", "--export", given], { cwd });
        assert.equal(odd.code, 2);
        assert.ok(
          odd.stderr.includes(`--export can't be \`${given}\`: expected one of xlsx, html, md, json, svg [USAGE]`),
        );
      }
      assert.equal((await canopy(["incident", "audit.log", "--trace", "t-1", "--export", "md"], { cwd })).code, 0);
      assert.match(readFileSync(join(cwd, "audit.log-incident.md"), "utf8"), /t-1/u);
      writeFileSync(join(cwd, "empty.log"), "");
      assert.equal((await canopy(["incident", "empty.log", "--trace", "t-1"], { cwd })).code, 2);
    }));

  it("reads a log of 0.4.2, whose approvals carry no trace, and its incidents", () =>
    inScratch(async (cwd) => {
      copyFileSync(join(VECTORS, "audit/mixed-200.log"), join(cwd, "x.log"));
      const listed = JSON.parse((await canopy(["incident", "list", "x.log", "--json"], { cwd })).stdout);
      assert.ok(listed.incidents.length > 0);
      const { incident_id } = listed.incidents[0];
      const one = await canopy(["x.log", "--incident", incident_id], { cwd, entry: "bin/canopy-incident.js" });
      assert.equal(one.code, 0, one.stderr);
      const all = await canopy(["incident", "x.log", "--since", "2020-01-01", "--json"], { cwd });
      assert.equal(parsed(all).rows.filter(({ index }) => index !== null).length, 200);
      const trace = parsed(await canopy(["incident", "x.log", "--trace", "trace-4", "--json"], { cwd }));
      assert.ok(trace.rows.some(({ what, trace_id }) => /APPROVED|REJECTED/u.test(String(what)) && trace_id === ""));
    }));

  it("writes every kind of export, each inert whatever agents and people wrote", () =>
    inScratch(async (cwd) => {
      const texts = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "=HYPERLINK(1)",
        "[a](javascript:x)",
      ];
      await withLog(cwd, async (runtime) => {
        await run(runtime, "agent-1", "t-1", "ls");
        for (const value of [...texts, ...HOSTILE.map(({ value }) => value)]) {
          if (value.trim() === "" || /\p{Cs}/u.test(value)) continue;
          await runtime.openIncident({ trace_id: "t-1", agent_avid: value, description: value, reporter: value });
        }
      });
      const text = await canopy(["incident", "audit.log", "--trace", "t-1"], { cwd });
      assert.ok(isTame(text.stdout), "the terminal");
      for (const kind of ["html", "md", "json", "svg", "xlsx"]) {
        const out = await canopy(["incident", "audit.log", "--trace", "t-1", "--export", `x.${kind}`], { cwd });
        assert.equal(out.code, 0, out.stderr);
      }
      for (const kind of ["html", "svg"]) {
        const markup = readFileSync(join(cwd, `x.${kind}`), "utf8");
        assert.deepEqual(strangeTags(markup), [], kind);
        assert.doesNotMatch(markup.replaceAll("\n", ""), /\p{C}/u, kind);
      }
      const markdown = readFileSync(join(cwd, "x.md"), "utf8");
      assert.doesNotMatch(markdown, /(?<!\\)<script|(?<!\\)\[a\]/u);
      assert.equal(JSON.parse(readFileSync(join(cwd, "x.json"), "utf8")).canopy_incident, 1);
    }));

  it("names the agents in what it exports: an identity is no secret", () =>
    inScratch(async (cwd) => {
      await withLog(cwd, (runtime) => run(runtime, "agent-1", "t-1", "ls"));
      const avid = /"avid":"(AVID-[^"]+)"/u.exec(readFileSync(join(cwd, "audit.log"), "utf8"))?.[1] ?? "none";
      await canopy(["incident", "audit.log", "--trace", "t-1", "--export", "x.json"], { cwd });
      const { rows } = JSON.parse(readFileSync(join(cwd, "x.json"), "utf8"));
      assert.ok(rows.length > 0 && rows.every((row: { avid: string }) => row.avid === avid));
      const { agents } = JSON.parse((await canopy(["report", "audit.log", "--json"], { cwd })).stdout);
      assert.deepEqual(
        agents.map(({ name }: { name: string }) => name),
        [avid],
      );
    }));

  it("marks records whose key was destroyed", () =>
    inScratch(async (cwd) => {
      await withLog(cwd, (runtime) => run(runtime, "agent-1", "t-1", "ls"));
      const log = join(cwd, "audit.log");
      const avid = /"avid":"(AVID-[^"]+)"/u.exec(readFileSync(log, "utf8"))?.[1] ?? "";
      // As it stands in a log that went on: only the mark is looked at here, the chain is broken by this line.
      appendFileSync(log, `${JSON.stringify({ event: "records_erased", avid, timestamp: "2030-01-01T00:00:00Z" })}\n`);
      const { rows } = parsed(await canopy(["incident", "audit.log", "--trace", "t-1", "--json"], { cwd }));
      assert.deepEqual(rows[0]?.["marks"], ["record_erased"]);
    }));
});

describe("canopy evidence", () => {
  it("refuses a log without a checkpoint, a question for nothing, an unknown incident, and what is no proof", () =>
    inScratch(async (cwd) => {
      copyFileSync(join(VECTORS, "audit/mixed-200.log"), join(cwd, "x.log"));
      const code = async (...words: readonly string[]): Promise<string> => {
        const { code, stderr } = await canopy(["evidence", "x.log", ...words], { cwd });
        return `${code} ${/\[(\w+)\]/u.exec(stderr)?.[1]}`;
      };
      assert.equal(await code("--all", "--out", "a.canopy-evidence"), "1 INVALID_CHECKPOINT");
      assert.equal(await code("--out", "a.canopy-evidence"), "2 USAGE");
      assert.equal(await code("--all"), "2 USAGE");
      assert.equal(await code("--incident", "inc-none", "--out", "a.canopy-evidence"), "2 UNKNOWN_INCIDENT");
      assert.equal(await code("--all", "--proof", "x.log", "--out", "a.canopy-evidence"), "2 INVALID_PROOF");
      assert.deepEqual(
        readdirSync(cwd).filter((name) => name.includes("canopy-evidence")),
        [],
      );
    }));
});

describe("canopy coverage", () => {
  it("finds nothing in a whole log, and what is missing in another, and says what it can't see", () =>
    inScratch(async (cwd) => {
      await withLog(cwd, (runtime) => run(runtime, "agent-1", "t-1", "ls"));
      const whole = await canopy(["coverage", "audit.log"], { cwd });
      assert.equal(whole.code, 0, whole.stdout);
      assert.match(whole.stdout, /cannot see ungoverned calls/u);
      // Anybody can write entries that chain: that nobody has signed them is not looked at here.
      assert.match(whole.stdout, /taken as they stand: `canopy verify` says what vouches for them/u);
      const lines = readFileSync(join(cwd, "audit.log"), "utf8").split("\n");
      writeFileSync(join(cwd, "cut.log"), lines.filter((line) => !line.includes('"authorize_action"')).join("\n"));
      const cut = await canopy(["coverage", "cut.log", "--json"], { cwd });
      assert.equal(cut.code, 1);
      assert.equal(JSON.parse(cut.stdout).faults.result_without_authorization, 1);
      assert.equal((await canopy(["coverage", "nowhere.log"], { cwd })).code, 2);
    }));
});

describe("texts in Markdown", () => {
  it("are shown as they are, and are no markup", () => {
    assert.equal(
      markdownText("a|b <c> http://x [d](e) `f`\n# g"),
      "a\\|b \\<c\\> http\\://x \\[d\\](e) \\`f\\`\\\\u\\{a\\}\\# g",
    );
  });
});
