// Commands of web frameworks and schema tools: migrating changes a database, dropping and resetting wipe it.

import type { Effect } from "../effect.ts";
import { NOTHING, nested, result } from "./describe.ts";
import { has, parseOptions, shape, valueOf } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { asksForHelp, row } from "./rows.ts";

/** Rows of schema tools and of frameworks' own commands. */
export const MIGRATIONS: readonly ProgramRow[] = [
  row(
    "rails rake artisan manage.py django-admin alembic flyway liquibase prisma knex sequelize sequelize-cli typeorm drizzle-kit dbmate goose sqlx diesel migrate ecto atlas console doctrine doctrine-migrations phinx hasura wp drush craft occ n98-magerun n98-magerun2 magento sake flask dotnet-ef mikro-orm umzug node-pg-migrate db-migrate sea-orm-cli tern squitch sqitch skeema",
    "https://guides.rubyonrails.org/command_line.html",
    migrations,
  ),
];

/** Scripts of a project that are such commands, whoever runs them (`php artisan`, `python manage.py`). */
export const FRAMEWORK_SCRIPT: RegExp = /(?:^|\/)(?:artisan|manage\.py|console|rails|rake|occ|magento|craft|drush|wp)$/;

// The last part of `db:drop`, `sql-drop`, `ecto.reset`.
const WIPES =
  /^(?:drop|drop-?all|dropall|reset|reset_db|purge|wipe|fresh|refresh|truncate|truncate_all|flush|sqlflush|destroy|nuke|empty|delete|undo:all|redo)$/;
const SPARES = /^(?:test|g|generate|routes|new|make|cache|config|route|view|tmp|log|assets|queue|help)(?:[:.]|$)/;
const SCHEMA = /^(?:migrate|upgrade|up|update|seed|deploy|push|revert|rollback|down|downgrade|create|load|setup)$/;

function migrations(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("ecfn", "env environment config url name execute command"));
  const verbs = o.operands.slice(0, 3).map((word) => word.value ?? "");
  const text = o.operands.map((word) => word.value ?? "").join(" ");
  const [first = ""] = verbs;
  const code = runner(call, first, valueOf(o, "execute", "command", "c", "e")?.value ?? o.operands[1]?.value ?? null);
  if (code !== null) return nested(code);
  if (SPARES.test(first) || has(o, "plan", "check", "pretend", "list", "sql", "dry-run")) return NOTHING;
  const wipes =
    verbs.some((verb) => WIPES.test(lastPart(verb)) || /(?:^|:)(?:drop|reset|purge|wipe):/.test(verb)) ||
    (/^(?:flyway|wp)$/.test(call.name) && verbs.includes("clean")) ||
    (first === "migrate" && verbs[2] === "zero") ||
    verbs.includes("schema:load") ||
    verbs.includes("db:schema:load") ||
    /\bdowngrade base\b/.test(text) ||
    has(o, "force-reset", "accept-data-loss", "drop-schema") ||
    (/rollback/.test(text) && has(o, "all"));
  if (wipes) return result([statement(call, "wipe", text)]);
  return result(verbs.some((verb) => SCHEMA.test(lastPart(verb))) ? [statement(call, "schema", text)] : []);
}

function lastPart(verb: string): string {
  return verb.endsWith("undo:all")
    ? "undo:all"
    : (verb.toLowerCase().split(/[:.]/).at(-1) ?? verb).replace(/^(?:sql|db)-/, "");
}

/** Code that a framework is given to run: `rails runner`, `manage.py shell -c`, `tinker --execute`, `wp eval`. */
function runner(call: ProgramCall, verb: string, text: string | null): readonly Effect[] | null {
  if (!/^(?:runner|r|shell|shell_plus|tinker|console|c|dbshell|eval|php:eval|ev)$/.test(verb)) return null;
  if (call.args.length < 2) return null;
  const language = /^(?:manage\.py|django-admin|flask)$/.test(call.name)
    ? "python"
    : /^(?:rails|rake|sake)$/.test(call.name)
      ? "ruby"
      : "php";
  const code = call.run.code(language, text, call.name);
  const wipes =
    text !== null &&
    /\b(?:delete_all|destroy_all|truncate|drop_all|drop_table|flush)\b|->(?:delete|truncate|forceDelete)\(|\.delete\(\)/i.test(
      text,
    );
  return wipes ? [...code, statement(call, "wipe", text)] : code;
}

function statement(call: ProgramCall, operation: "wipe" | "schema", text: string): Effect {
  return { kind: "db.statement", via: call.name, operation, text };
}
