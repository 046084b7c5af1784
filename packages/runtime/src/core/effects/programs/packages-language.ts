// Package managers and launchers of programming languages.

import type { Effect } from "../effect.ts";
import { NOTHING, connects, nested, reads, reaches, readsSecret, result, stream, writes } from "./describe.ts";
import {
  has,
  literal,
  parseOptions,
  shape,
  tail,
  valueOf,
  valuesOf,
  type Options,
  type OptionShape,
} from "./options.ts";
import { serviceHost } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForVerbHelp, row, startsWithHelp } from "./rows.ts";

/** What the verbs of one family of package managers mean. */
interface Verbs {
  /** Verbs that install into the project, or into the system with the options of `systemBy`. */
  readonly installs: RegExp;
  /** Verbs that, without naming a package, install what the project's files list. */
  readonly restores?: RegExp;
  readonly publishes?: RegExp;
  /** Verbs after which a command follows. */
  readonly runs?: RegExp;
  /** Verbs after which a package is fetched and run. */
  readonly fetches?: RegExp;
  /** Options that make an installation concern the system. */
  readonly systemBy?: readonly string[];
  /** Whether installing always concerns the system. */
  readonly system?: boolean;
  /** Verbs (with their operand) that show or change credentials. */
  readonly credentials?: RegExp;
  /** Calls that change nothing but which installed version is used, or where packages would stand. */
  readonly harmless?: (o: Options, verb: string) => boolean;
  /** Verbs of a schema tool that is called through this program. */
  readonly schema?: RegExp;
}

function packages(names: string, source: string, by: OptionShape, verbs: Verbs): ProgramRow {
  return row(names, source, (call) => {
    if (asksForVerbHelp(call)) return NOTHING;
    const o = parseOptions(call.args, by);
    if (has(o, "dry-run", "help")) return NOTHING;
    const verb = o.operands[0]?.value ?? "";
    const phrase = o.operands
      .slice(0, 3)
      .map((word) => word.value ?? "")
      .join(" ");
    if (verbs.schema?.test(verb) === true)
      return nested(call.run.words([literal(verb === "ef" ? "dotnet-ef" : "ecto"), ...o.operands], call.stdin));
    const settings = configured(call, o, verb);
    if (settings !== null) return nested(settings);
    if (verbs.harmless?.(o, verb) === true) return NOTHING;
    return judged(call, o, { verb, phrase, verbs });
  });
}

/** Settings of a package manager that run a program, or that make packages come from elsewhere. */
const RUNS =
  /script-shell|node-options|yarnpath|npmpath|init-module|init\.module|rustc-wrapper|\btoolexec|\beditor\b|pager/i;

function configured(call: ProgramCall, o: Options, verb: string): readonly Effect[] | null {
  const second = o.operands[1]?.value ?? "";
  if (verb === "set-script") return call.run.shell(o.operands[2]?.value ?? null, call.name);
  if (verb === "pkg" && second === "set")
    return o.operands
      .slice(2)
      .filter((word) => word.prefix.startsWith("scripts."))
      .flatMap((word) =>
        call.run.shell(word.value === null ? null : word.prefix.slice(word.prefix.indexOf("=") + 1), call.name),
      );
  if (verb !== "config" && verb !== "set") return null;
  const words = o.operands.slice(1);
  const effects: Effect[] = words
    .filter((word) => /^(?:[\w.-]+=)?https?:\/\//.test(word.prefix))
    .flatMap((word) => connects(call, tail(word, Math.max(0, word.prefix.indexOf("http")))));
  if (
    words.some((word) => RUNS.test(word.prefix)) &&
    words.length > 1 &&
    !/^(?:get|list|delete|rm|unset)$/.test(second)
  )
    effects.push({ kind: "persist.install", via: call.name, where: "package manager" });
  return effects.length === 0 ? null : effects;
}

interface Judged {
  readonly verb: string;
  readonly phrase: string;
  readonly verbs: Verbs;
}

function judged(call: ProgramCall, o: Options, { verb, phrase, verbs }: Judged): ProgramResult {
  if (verbs.credentials?.test(phrase) === true)
    return result(readsSecret(call, "registry_token", phrase), stream({ secret: "registry_token" }));
  if (verbs.publishes?.test(verb) === true && !/^\S+ (ls|list|search)( |$)/.test(phrase)) {
    return result([
      { kind: "publish", via: call.name, to: call.name },
      ...reaches(call, serviceHost(call.name), { sends: true }),
    ]);
  }
  if (verbs.runs?.test(verb) === true) return nested(call.run.words(commandAfter(call, verb), call.stdin));
  if (verbs.fetches?.test(verb) === true) {
    return result([{ kind: "package.install", via: call.name, manager: call.name, system: false }]);
  }
  if (!verbs.installs.test(verb) || SHOWS.test(phrase) || has(o, "list")) return NOTHING;
  const system = verbs.system === true || has(o, ...(verbs.systemBy ?? []));
  const declared = !system && verbs.restores?.test(verb) === true && o.operands.length === 1 && !leadsElsewhere(o);
  const effect: Effect = { kind: "package.install", via: call.name, manager: call.name, system };
  return result([
    declared ? { ...effect, declared } : effect,
    ...reads(call, valuesOf(o, "r", "requirement")),
    ...writes(call, valuesOf(o, "t", "target", "prefix", "root")),
  ]);
}

/** Whether options name packages, or other places to take them from. */
function leadsElsewhere(o: Options): boolean {
  return has(o, "registry", "index-url", "extra-index-url", "index", "source", "from", "with", "prefix", "userconfig");
}

/** Verbs of two words, of which the second only shows what is there. */
const SHOWS = /^(toolchain|component|target|override|env|tool) list( |$)/;

/** The words after a verb, without the options in between. */
function commandAfter(call: ProgramCall, verb: string): readonly Word[] {
  const at = call.args.findIndex((word) => word.value === verb);
  const rest = call.args.slice(at + 1);
  const start = rest.findIndex((word) => !word.prefix.startsWith("-"));
  const marker = rest.findIndex((word) => word.value === "--");
  if (marker >= 0 && (start < 0 || marker < start)) return rest.slice(marker + 1);
  return start < 0 ? [] : rest.slice(start);
}

/** Rows of package managers and launchers of programming languages. */
export const LANGUAGE_PACKAGES: readonly ProgramRow[] = [
  packages(
    "pip pip2 pip3",
    "https://pip.pypa.io/en/stable/cli/",
    shape(
      "rcetfi",
      "requirement constraint editable target find-links index-url extra-index-url prefix root platform python-version log proxy format trusted-host cache-dir src progress-bar",
    ),
    {
      installs: /^(install|uninstall)$/,
      systemBy: ["break-system-packages"],
    },
  ),
  packages("pipx pip-run", "https://pipx.pypa.io/", shape("", "spec python index-url suffix pip-args"), {
    installs: /^(install|inject|upgrade|upgrade-all|uninstall|reinstall|reinstall-all|install-all)$/,
    fetches: /^run$/,
  }),
  row("uvx", "https://docs.astral.sh/uv/guides/tools/", (call) =>
    asksForVerbHelp(call)
      ? NOTHING
      : result([{ kind: "package.install", via: call.name, manager: call.name, system: false }]),
  ),
  packages(
    "uv rye hatch pdm poetry pipenv conda mamba micromamba pixi flit twine maturin",
    "https://docs.astral.sh/uv/reference/cli/",
    shape("pnrcde", "python with from index extra directory project name channel file prefix group source clone"),
    {
      installs: /^(add|sync|install|remove|pip|tool|update|uninstall|upgrade|self|create|env|lock-install|global)$/,
      restores: /^(sync|install)$/,
      publishes: /^(publish|upload|register)$/,
      runs: /^run$/,
      credentials: /^(config pypi-token|token)/,
      // An environment of its own with nothing in it, or the packages of another.
      harmless: (o, verb) =>
        verb === "create" &&
        !has(o, "c", "channel", "f", "file") &&
        o.operands.slice(1).every((word) => /^python(?:=[\d.]+)?$/.test(word.value ?? "")),
    },
  ),
  packages(
    "npm cnpm tnpm",
    "https://docs.npmjs.com/cli/",
    shape("wC", "prefix workspace registry tag otp access userconfig cache loglevel depth omit include"),
    {
      installs:
        /^(install|i|in|ins|inst|insta|instal|isnt|isnta|isntal|add|ci|clean-install|ic|update|up|upgrade|udpate|uninstall|un|unlink|remove|rm|r|link|ln|rebuild|dedupe|audit-fix|install-test|it|cit|install-ci-test)$/,
      restores: /^(install|i|in|ci|clean-install|ic)$/,
      publishes: /^(publish|unpublish|deprecate|dist-tag|owner|access|team|star|hook)$/,
      fetches: /^(exec|x|init|create|innit)$/,
      systemBy: ["g", "global"],
      credentials: /^(token|config get \S*_auth|config set \S*_auth|adduser|login|config list)/,
    },
  ),
  packages(
    "pnpm yarn yarnpkg ni nr corepack volta fnm nvm n asdf mise jpm bower lerna rush nx turbo",
    "https://pnpm.io/pnpm-cli",
    shape("wCF", "dir filter prefix registry tag cwd use-node-version"),
    {
      installs:
        /^(install|i|add|up|update|upgrade|remove|rm|uninstall|un|link|unlink|import|global|prepare|enable|use|plugin|bootstrap|deploy)$/,
      restores: /^(install|i)$/,
      publishes: /^publish$/,
      fetches: /^(dlx|create|x|init)$/,
      runs: /^exec$/,
      systemBy: ["g", "global"],
      // In this shell, of what is there already.
      harmless: (_o, verb) => verb === "use",
    },
  ),
  row("npx bunx pnpx", "https://docs.npmjs.com/cli/commands/npx", (call) => {
    if (startsWithHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("pcw", "package call workspace", "posix"));
    const text = valueOf(o, "c", "call");
    if (text !== undefined) return nested(call.run.shell(text.value, call.name));
    const [first, ...rest] = o.operands;
    if (first === undefined) return NOTHING;
    const name = first.value ?? "";
    const bare = name.replace(/(?<=.)@[^/]*$/, "");
    const local = has(o, "no-install", "no") || LOCAL_TOOLS.test(bare);
    const command = { ...first, value: first.value === null ? null : bare };
    const fetched: Effect[] = local
      ? []
      : [{ kind: "package.install", via: call.name, manager: call.name, system: false }];
    return nested([...fetched, ...call.run.words([command, ...rest], call.stdin)]);
  }),
  packages(
    "gem bundle bundler",
    "https://guides.rubygems.org/command-reference/",
    shape("vi", "version install-dir source"),
    {
      installs: /^(install|i|update|uninstall|add|remove|cleanup|pristine)$/,
      restores: /^install$/,
      publishes: /^(push|yank|owner|release)$/,
      runs: /^exec$/,
      credentials: /^(signin|credentials)/,
    },
  ),
  packages(
    "cargo rustup cross cargo-binstall",
    "https://doc.rust-lang.org/cargo/commands/",
    shape(
      "pFj",
      "package features manifest-path target git path version root registry toolchain profile bin example test",
    ),
    {
      installs: /^(install|add|update|remove|uninstall|binstall|toolchain|component|target|self|default|override)$/,
      publishes: /^(publish|yank|owner|login)$/,
    },
  ),
  row("go", "https://pkg.go.dev/cmd/go", (call) => {
    const o = parseOptions(call.args, shape("", "o C tags ldflags gcflags mod run exec toolexec vettool p", "single"));
    const verb = o.operands[0]?.value ?? "";
    const runs = valuesOf(o, "exec", "toolexec", "vettool").flatMap((word) => [
      ...call.run.shell(word.value, call.name),
    ]);
    const written = writes(call, valuesOf(o, "o"));
    if (verb === "env" && has(o, "w"))
      return nested(
        o.operands.slice(1).flatMap((word): readonly Effect[] => {
          if (/toolexec|^(?:CC|CXX)=.*\//.test(word.prefix))
            return [{ kind: "persist.install", via: call.name, where: "go settings" }];
          return /^GO\w*PROXY=https?:/.test(word.prefix)
            ? connects(call, tail(word, word.prefix.indexOf("=") + 1))
            : [];
        }),
      );
    const remote = o.operands.slice(1).some((word) => /^[\w-]+\.[\w.-]+\/.*@/.test(word.prefix));
    if (verb === "install" && remote)
      return result([...runs, { kind: "package.install", via: call.name, manager: "go", system: false }]);
    if ((verb === "get" || (verb === "run" && remote)) && o.operands.length > 1)
      return result([...runs, { kind: "package.install", via: call.name, manager: "go", system: false }]);
    return result([...runs, ...written]);
  }),
  packages("composer pear pecl", "https://getcomposer.org/doc/03-cli.md", shape("d", "working-dir"), {
    installs: /^(install|require|update|upgrade|remove|global|create-project|self-update|reinstall|uninstall)$/,
    restores: /^install$/,
    publishes: /^publish$/,
    runs: /^exec$/,
  }),
  packages(
    "cpan cpanm cpanp luarocks opam cabal stack raco mix rebar3 nimble vcpkg conan dub shards spago elm pub haxelib tlmgr swiftpm pod carthage krew",
    "https://www.cpan.org/",
    shape("l"),
    {
      installs:
        /^(install|update|upgrade|add|get|deps\.get|archive\.install|remove|uninstall|local\.hex|pin|repo|setup|switch)$/,
      restores: /^(deps\.get|install|get)$/,
      publishes: /^(upload|publish|hex\.publish|push|trunk)$/,
      schema: /^ecto\./,
      runs: /^exec$/,
    },
  ),
  packages(
    "dotnet nuget paket",
    "https://learn.microsoft.com/dotnet/core/tools/",
    shape("ocfrs", "output configuration framework source"),
    { installs: /^(add|tool|workload|install|restore-tools|update)$/, publishes: /^push$/, schema: /^ef$/ },
  ),
];

/** Tools that projects have as dependencies, so that a launcher fetches nothing new. */
const LOCAL_TOOLS =
  /^(tsc|tsx|ts-node|eslint|prettier|jest|vitest|mocha|ava|playwright|cypress|webpack|vite|rollup|esbuild|next|nuxt|nest|ng|vue-tsc|svelte-check|astro|tailwindcss|postcss|stylelint|husky|lint-staged|commitlint|standard|xo|biome|oxlint|knip|tsup|swc|babel|typedoc|storybook|nodemon|concurrently|rimraf|cross-env|tap|c8|nyc|size-limit|changeset|turbo|nx|lerna|gulp|grunt|jsdoc|json-server|http-server|serve|canopy.*)$/;
