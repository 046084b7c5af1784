// Command lines of services that host repositories: looking is harmless; publishing, changing and speaking is said.

import type { Effect } from "../effect.ts";
import { infra } from "./infra-change.ts";
import { NOTHING, connects, nested, reads, reaches, readsSecret, result, secretIn, stream } from "./describe.ts";
import { has, literal, parseOptions, shape, tail, valueOf, valuesOf, type Options } from "./options.ts";
import { serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { asksForVerbHelp, row } from "./rows.ts";

/** Rows of repository hosting services. */
export const HOSTING: readonly ProgramRow[] = [row("gh glab tea bb", "https://cli.github.com/manual/", hosting)];

function hosting(call: ProgramCall): ProgramResult {
  if (asksForVerbHelp(call)) return NOTHING;
  const o = parseOptions(
    call.args,
    shape(
      "RbtFHXfqLBdmjwlrap",
      "repo body title body-file field raw-field header method jq template input base head label milestone json web limit author assignee reviewer notes notes-file target hostname search state visibility",
    ),
  );
  const [first = "", second = ""] = o.operands.map((word) => word.value ?? "");
  const phrase = `${first} ${second}`.trim();
  if (/^(auth (token|status)|config get oauth)/.test(phrase))
    return first === "auth" && second === "status" && !has(o, "show-token", "t")
      ? NOTHING
      : result(
          readsSecret(call, "git_hosting_token", `${call.name} ${phrase}`),
          stream({ secret: "git_hosting_token" }),
        );
  if (first === "api") {
    const done = api(call, o);
    const host = valueOf(o, "hostname");
    return host === undefined ? done : result([...connects(call, host, { sends: true }), ...done.effects]);
  }
  return hostingVerb(call, phrase, o);
}

/** The verbs of hosting services that publish, change, destroy, or speak to people. */
function hostingVerb(call: ProgramCall, phrase: string, o: Options): ProgramResult {
  const [first = "", second = ""] = phrase.split(" ");
  const operands = o.operands.slice(2);
  if (/^(gist|snippet) create$/.test(phrase) || /^release upload$/.test(phrase)) {
    const files = second === "upload" ? operands.slice(1) : operands;
    return result([
      ...reads(call, files),
      { kind: "publish", via: call.name, to: phrase },
      ...reaches(call, serviceHost(call.name), { sends: true, secret: secretIn(call, files) }),
    ]);
  }
  if (/^(secret|variable) (set|delete|remove)$/.test(phrase))
    return result([
      ...reads(call, valuesOf(o, "f", "env-file")),
      ...reaches(call, serviceHost(call.name), { sends: true }),
      infra(call, call.name, phrase, second !== "set"),
    ]);
  if (
    /^(repo|release|gist|run|cache|issue|label|ssh-key|gpg-key|project|codespace|snippet|mr|deploy-key|ruleset|workflow|extension|environment|pipeline|ci|runner|variable|attestation) (delete|remove|archive|transfer|delete-asset|disable|cancel)$/.test(
      phrase,
    )
  )
    return result([infra(call, call.name, phrase, !/cancel|disable|archive/.test(phrase))]);
  if (/^codespace (ssh|cp)|^cs ssh/.test(phrase))
    return result([infra(call, call.name, phrase, false), ...connects(call, literal("github.com"))]);
  if (
    /^(release (create|edit)|repo (create|edit|rename|fork|sync|deploy-key)|workflow (run|enable)|pr (merge)|mr merge|extension (install|upgrade)|ssh-key add|gpg-key add|alias (set|import)|run rerun|cache delete)$/.test(
      phrase,
    )
  ) {
    const shell =
      first === "alias" && (has(o, "s", "shell") || operands.some((word) => word.prefix.startsWith("!")))
        ? call.run.shell(operands.at(-1)?.value?.replace(/^!/, "") ?? null, call.name)
        : [];
    const kind: Effect =
      first === "release"
        ? { kind: "publish", via: call.name, to: "release" }
        : first === "extension"
          ? { kind: "package.install", via: call.name, manager: call.name, system: false }
          : infra(call, call.name, phrase, false);
    return nested([kind, ...shell]);
  }
  if (
    /^(issue|pr|mr|discussion) (create|comment|edit|review|close|reopen|note|update|lock|ready|develop|pin)$/.test(
      phrase,
    )
  )
    return result([
      { kind: "message.send", via: call.name, channel: call.name, recipients: null, bulk: false },
      ...reads(call, valuesOf(o, "F", "body-file")),
    ]);
  return NOTHING;
}

function api(call: ProgramCall, o: Options): ProgramResult {
  const method = valueOf(o, "X", "method")?.value?.toUpperCase();
  const sends = has(o, "f", "F", "field", "raw-field", "input") || (method !== undefined && method !== "GET");
  const files = [
    ...valuesOf(o, "input"),
    ...valuesOf(o, "F", "field")
      .filter((word) => /=@/.test(word.prefix))
      .map((word) => tail(word, word.prefix.indexOf("=@") + 2)),
  ];
  if (!sends || method === "GET" || o.operands[1]?.value === "graphql") return result(reads(call, files));
  return result([...reads(call, files), infra(call, call.name, `api ${method ?? "POST"}`, method === "DELETE")]);
}
