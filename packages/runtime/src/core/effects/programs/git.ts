// Version control: ordinary work is harmless; losing work, rewriting what is shared and running configured programs is not.

import type { Effect } from "../effect.ts";
import { connects, deletes, moves, nested, NOTHING, reads, readsSecret, result, stream, writes } from "./describe.ts";
import { addressOf, extended, isAddress } from "./git-remotes.ts";
import { gitReads } from "./git-reads.ts";
import { gitConfig } from "./git-config.ts";
import { configured } from "./git-settings.ts";
import { has, literal, type Options, parseOptions, shape, tail, valueOf, valuesOf } from "./options.ts";
import { gitApply } from "./patches.ts";
import { place } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, optionRow, row } from "./rows.ts";
import { wordSet } from "../../word-set.ts";

const GLOBAL = shape("Cc", "git-dir work-tree exec-path namespace config-env super-prefix", "posix");
const GIT = "https://git-scm.com/docs";

/** Rows of version control. */
export const VERSION_CONTROL: readonly ProgramRow[] = [
  row("git hub yadm dotbare", GIT, git),
  row("git-lfs git-annex git-secret git-crypt gitk tig lazygit gitui git-cola", "https://git-lfs.com/", () => NOTHING),
  optionRow("git-filter-repo bfg filter-repo", "https://github.com/newren/git-filter-repo", shape(), (call) => [
    { kind: "vcs.discard", via: call.name, operation: "history rewrite", remote: false },
  ]),
  row(
    "hg svn bzr cvs fossil darcs jj sl pijul p4 svnadmin",
    "https://www.mercurial-scm.org/doc/hg.1.html",
    otherSystems,
  ),
];

function git(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, GLOBAL);
  const verb = o.operands[0];
  const rest = o.operands.slice(1);
  const effects: Effect[] = valuesOf(o, "c").flatMap((word) => [
    ...configured(call, word.prefix, tail(word, word.prefix.indexOf("=") + 1)),
  ]);
  if (has(o, "exec-path", "config-env") && verb !== undefined)
    effects.push({ kind: "exec.injected", via: call.name, variable: "git settings" });
  if (verb === undefined) return result(effects);
  if (verb.value === null)
    return result([...effects, { kind: "exec.unresolved", via: call.name, part: "code", text: verb.text }]);
  effects.push(
    ...outputs(call, verb.value, rest),
    ...gitReads(movedTo(call, valueOf(o, "C", "work-tree")), verb.value, rest),
  );
  if (verb.value === "init") effects.push(...writes(call, valuesOf(o, "git-dir")));
  const judged = Object.hasOwn(VERBS, verb.value) ? VERBS[verb.value] : undefined;
  if (judged === undefined) return result(effects);
  const done = judged(movedTo(call, valueOf(o, "C", "work-tree")), rest);
  return done.stdout === undefined
    ? result([...effects, ...done.effects])
    : result([...effects, ...done.effects], done.stdout);
}

const OUTPUT = shape("o", "output output-directory prefix template separate-git-dir index-output export-marks");

/** Files and folders that a verb writes besides the project's. */
function outputs(call: ProgramCall, verb: string, rest: readonly Word[]): readonly Effect[] {
  if (!WRITING.has(verb)) return [];
  const o = parseOptions(rest, OUTPUT);
  const effects: Effect[] = writes(call, valuesOf(o, ...WRITTEN));
  if (verb === "format-patch") effects.push(...writes(call, valuesOf(o, "o")));
  if (
    (verb === "worktree" && o.operands[0]?.value === "add") ||
    (verb === "bundle" && o.operands[0]?.value === "create")
  )
    effects.push(...writes(call, o.operands.slice(1, 2)));
  // Hooks of the template are run.
  if (valueOf(o, "template") !== undefined && valueOf(o, "template")?.value !== "")
    effects.push({ kind: "exec.injected", via: call.name, variable: "template" });
  return effects;
}

const WRITTEN = ["output", "output-directory", "prefix", "separate-git-dir", "index-output", "export-marks"] as const;
const WRITING: ReadonlySet<string> = wordSet(
  "log diff show format-patch worktree bundle checkout-index init clone shortlog read-tree fast-export fast-import",
);

/** The call as git sees it after `-C folder`. */
function movedTo(call: ProgramCall, folder: Word | undefined): ProgramCall {
  if (folder === undefined) return call;
  const { path, glob } = place(call, folder);
  return { ...call, surroundings: { ...call.surroundings, folder: glob ? null : path } };
}

type Verb = (call: ProgramCall, rest: readonly Word[]) => ProgramResult;

const VERBS: Readonly<Record<string, Verb>> = {
  push: (call, rest) => {
    const o = parseOptions(rest, shape("o", "repo push-option receive-pack exec"));
    if (has(o, "n", "dry-run")) return NOTHING;
    const forced =
      has(o, "f", "force", "force-with-lease", "mirror", "d", "delete", "prune") ||
      o.operands.slice(1).some((word) => /^[+:]/.test(word.prefix));
    const effects: Effect[] = [];
    const remote = o.operands[0] ?? valueOf(o, "repo");
    if (remote !== undefined && isAddress(remote)) effects.push(...connects(call, addressOf(remote), { sends: true }));
    if (forced) effects.push({ kind: "vcs.discard", via: call.name, operation: "forced push", remote: true });
    for (const program of valuesOf(o, "receive-pack", "exec"))
      effects.push(...call.run.shell(program.value, call.name));
    return result(effects);
  },
  clone: (call, rest) => {
    const { operands } = parseOptions(rest, FETCH);
    return result([...fetched(call, rest).effects, ...writes(call, operands.slice(1, 2))]);
  },
  fetch: fetched,
  pull: fetched,
  "ls-remote": fetched,
  "remote-add": fetched,
  "fetch-pack": fetched,
  "http-fetch": (call, rest) => fetched(call, rest.slice(-1)),
  svn: (call, rest) => fetched(call, rest.slice(1)),
  "send-pack": sent,
  "http-push": sent,
  subtree: (call, rest) => {
    const url = rest.slice(1).find(isAddress);
    return url === undefined ? NOTHING : rest[0]?.value === "push" ? sent(call, [url]) : fetched(call, [url]);
  },
  remote: (call, rest) => {
    const verb = rest[0]?.value ?? "";
    const url = rest.at(-1);
    if ((verb !== "add" && verb !== "set-url") || url === undefined) return NOTHING;
    const effects = extended(call, url);
    if (effects.length > 0 || verb === "add") return result(effects);
    // What is pushed from now on goes there.
    return result(isAddress(url) ? connects(call, addressOf(url), { sends: true }) : []);
  },
  submodule: (call, rest) => {
    if (rest[0]?.value === "deinit" && has(parseOptions(rest), "f", "force"))
      return discards(call, "submodule removal");
    const url = rest.slice(1).find(isAddress);
    if (/^(?:add|set-url)$/.test(rest[0]?.value ?? "") && url !== undefined) return fetched(call, [url]);
    if (rest[0]?.value !== "foreach") return NOTHING;
    const words = rest.slice(1).filter((word) => !word.prefix.startsWith("--"));
    return nested(
      call.run.shell(
        words.every((word) => word.value !== null) ? words.map((word) => word.value).join(" ") : null,
        call.name,
      ),
    );
  },
  reset: (call, rest) => (has(parseOptions(rest), "hard", "merge") ? discards(call, "hard reset") : NOTHING),
  clean: (call, rest) => {
    const o = parseOptions(rest, shape("e", "exclude"));
    return has(o, "f", "force") && !has(o, "n", "dry-run") ? discards(call, "forced clean") : NOTHING;
  },
  checkout: (call, rest) => {
    const o = parseOptions(rest, shape("bB", "conflict orphan"));
    const dashes = rest.findIndex((word) => word.value === "--");
    // `checkout TREE PATH…` means the same as with dashes between them.
    const paths = dashes >= 0 ? rest.slice(dashes + 1) : has(o, "b", "B", "orphan") ? [] : o.operands.slice(1);
    const discarding =
      has(o, "f", "force") ||
      paths.some((word) => /^(\.\/?|:\/|\*)$/.test(word.prefix)) ||
      (dashes < 0 && o.operands.some((word) => word.value === "."));
    return result([
      ...writes(
        call,
        paths.filter((word) => word.value !== "."),
        "change",
      ),
      ...(discarding ? discards(call, "forced checkout").effects : []),
    ]);
  },
  restore: (call, rest) => {
    const o = parseOptions(rest, shape("s", "source"));
    const unstages = has(o, "S", "staged") && !has(o, "W", "worktree");
    if (unstages) return NOTHING;
    const everything = o.operands.some((word) => /^(\.\/?|:\/|\*)$/.test(word.prefix));
    return result([
      ...writes(
        call,
        o.operands.filter((word) => word.value !== "."),
        "change",
      ),
      ...(everything ? discards(call, "restore").effects : []),
    ]);
  },
  rm: (call, rest) => {
    const o = parseOptions(rest);
    return has(o, "cached", "n", "dry-run") ? NOTHING : result(deletes(call, o.operands, has(o, "r")));
  },
  mv: (call, rest) => {
    const { operands } = parseOptions(rest);
    return result([...deletes(call, operands.slice(0, -1), true), ...writes(call, operands.slice(-1))]);
  },
  stash: (call, rest) => {
    const verb = rest[0]?.value ?? "";
    if (/^(drop|clear)$/.test(verb)) return discards(call, `stash ${verb}`);
    const pushes = verb === "push" || verb === "save" || verb.startsWith("-");
    // What is put away leaves its place until it is taken back.
    const { operands } = parseOptions(verb.startsWith("-") ? rest : rest.slice(1), shape("m", "message"));
    return pushes && verb !== "save" ? result(moves(call, operands)) : NOTHING;
  },
  branch: (call, rest) => {
    const o = parseOptions(rest, shape("u"));
    return has(o, "D") || (has(o, "d", "delete") && has(o, "f", "force")) ? discards(call, "branch deletion") : NOTHING;
  },
  "update-ref": (call, rest) => (has(parseOptions(rest), "d", "stdin") ? discards(call, "ref deletion") : NOTHING),
  reflog: (call, rest) => (/^(expire|delete)$/.test(rest[0]?.value ?? "") ? discards(call, "reflog expiry") : NOTHING),
  gc: (call, rest) =>
    rest.some((word) => /^--prune=(now|all)/.test(word.prefix)) ? discards(call, "pruning") : NOTHING,
  prune: (call) => discards(call, "pruning"),
  "filter-branch": (call, rest) => {
    const filters = valuesOf(
      parseOptions(
        rest,
        shape(
          "d",
          "env-filter tree-filter index-filter parent-filter msg-filter commit-filter tag-name-filter subdirectory-filter setup",
        ),
      ),
      "env-filter",
      "tree-filter",
      "index-filter",
      "parent-filter",
      "msg-filter",
      "commit-filter",
      "tag-name-filter",
      "setup",
    );
    return nested([
      ...discards(call, "history rewrite").effects,
      ...filters.flatMap((word) => [...call.run.shell(word.value, call.name)]),
    ]);
  },
  "filter-repo": (call) => discards(call, "history rewrite"),
  worktree: (call, rest) => {
    const o = parseOptions(rest);
    if (rest[0]?.value === "move")
      return result([...moves(call, o.operands.slice(1, 2)), ...writes(call, o.operands.slice(2))]);
    return rest[0]?.value === "remove" && has(o, "f", "force") ? discards(call, "worktree removal") : NOTHING;
  },
  replace: (call) => discards(call, "history rewrite"),
  config: gitConfig,
  rebase: (call, rest) =>
    codeOf(call, valuesOf(parseOptions(rest, shape("xsXC", "exec onto strategy strategy-option")), "x", "exec")),
  bisect: (call, rest) => (rest[0]?.value === "run" ? nested(call.run.words(rest.slice(1), null)) : NOTHING),
  difftool: (call, rest) => codeOf(call, valuesOf(parseOptions(rest, shape("xt", "extcmd tool")), "x", "extcmd")),
  grep: (call, rest) =>
    codeOf(
      call,
      rest
        .filter((word) => /^-O.+|^--open-files-in-pager=./.test(word.prefix))
        .map((word) => tail(word, word.prefix.startsWith("-O") ? 2 : 22)),
    ),
  credential: (call, rest) =>
    /^(fill|get)$/.test(rest[0]?.value ?? "")
      ? result(readsSecret(call, "git_credentials", "git credential"), stream({ secret: "git_credentials" }))
      : NOTHING,
  "credential-store": (call, rest) =>
    rest.some((word) => word.value === "get")
      ? result(readsSecret(call, "git_credentials", "git credential"), stream({ secret: "git_credentials" }))
      : NOTHING,
  apply: (call, rest) => gitApply(call, rest),
  am: (call, rest) => gitApply(call, rest),
  archive: (call, rest) => {
    const o = parseOptions(rest, shape("o", "output remote format prefix exec"));
    return result([
      ...writes(call, valuesOf(o, "o", "output")),
      ...valuesOf(o, "remote").flatMap((word) => [...fetched(call, [word]).effects]),
      ...valuesOf(o, "exec").flatMap((word) => [...call.run.shell(word.value, call.name)]),
    ]);
  },
  daemon: (call) => result([{ kind: "net.listen", via: call.name, port: 9418 }]),
  instaweb: (call) => result([{ kind: "net.listen", via: call.name, port: 1234 }]),
  "send-email": (call) =>
    result([{ kind: "message.send", via: call.name, channel: "email", recipients: null, bulk: false }]),
  init: (call, rest) => {
    const o = parseOptions(rest, shape("b", "template separate-git-dir initial-branch object-format"));
    return result(writes(call, o.operands.length > 0 ? o.operands : [literal(".git")]));
  },
  maintenance: (call, rest) =>
    rest[0]?.value === "start"
      ? result([{ kind: "persist.install", via: call.name, where: "git maintenance" }])
      : NOTHING,
  "for-each-repo": (call, rest) =>
    nested(call.run.words([literal("git"), ...parseOptions(rest, shape("", "config", "posix")).operands], null)),
};

function discards(call: ProgramCall, operation: string): ProgramResult {
  return result([{ kind: "vcs.discard", via: call.name, operation, remote: false }]);
}

function codeOf(call: ProgramCall, texts: readonly Word[]): ProgramResult {
  return texts.length === 0 ? NOTHING : nested(texts.flatMap((word) => call.run.shell(word.value, call.name)));
}

const FETCH = shape(
  "obujc",
  "origin branch upload-pack reference depth template config filter separate-git-dir exec shallow-since shallow-exclude server-option bundle-uri jobs",
);

function fetched(call: ProgramCall, rest: readonly Word[]): ProgramResult {
  const o: Options = parseOptions(rest, FETCH);
  const url = o.operands[0];
  const effects: Effect[] = valuesOf(o, "u", "upload-pack", "exec").flatMap((word) =>
    /^(origin|upstream)?$/.test(word.prefix) ? [] : [...call.run.shell(word.value, call.name)],
  );
  for (const word of valuesOf(o, "c", "config"))
    effects.push(...configured(call, word.prefix, tail(word, word.prefix.indexOf("=") + 1)));
  if (url !== undefined && isAddress(url)) {
    const ran = extended(call, url);
    effects.push(...(ran.length > 0 ? ran : connects(call, addressOf(url))));
  }
  const template = valueOf(o, "template");
  return result([...effects, ...(template === undefined ? [] : reads(call, [template]))]);
}

function sent(call: ProgramCall, rest: readonly Word[]): ProgramResult {
  return result(rest.filter(isAddress).flatMap((url) => connects(call, addressOf(url), { sends: true })));
}

function otherSystems(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("RrmbQ", "repository rev message config"));
  const verb = o.operands[0]?.value ?? "";
  const effects: Effect[] = valuesOf(o, "config").flatMap((word) =>
    /^(alias|hooks|ui\.(editor|ssh|merge)|extensions)\b/.test(word.prefix)
      ? [
          ...call.run.shell(
            word.value === null ? null : word.value.slice(word.value.indexOf("=") + 1).replace(/^!/, ""),
            call.name,
          ),
        ]
      : [],
  );
  const url = o.operands.slice(1).find(isAddress);
  if (/^(clone|checkout|co|pull|push|export|incoming|outgoing|switch|import)$/.test(verb) && url !== undefined)
    effects.push(...connects(call, addressOf(url), { sends: verb === "push" }));
  const discarding =
    /^(strip|revert|rollback|abandon|purge|undo|unrecord|obliterate)$/.test(verb) ||
    (verb === "update" && has(o, "C", "clean")) ||
    (verb === "push" && has(o, "f", "force"));
  if (discarding && (verb !== "revert" || has(o, "all", "a", "R", "recursive", "depth")))
    effects.push({ kind: "vcs.discard", via: call.name, operation: verb, remote: verb === "push" });
  return result(effects);
}
