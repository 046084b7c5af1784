// Database clients: the statements that they are given, and what their tools destroy, copy and send.

import type { DbStatement, Effect } from "../effect.ts";
import { sqlEffects } from "../sql.ts";

import { NOTHING, connects, nested, reads, result, stream, writes } from "./describe.ts";
import { has, literal, parseOptions, shape, valueOf, valuesOf, type OptionShape, type Options } from "./options.ts";
import { hostOf } from "./place.ts";
import type { ProgramCall, ProgramResult, ProgramRow, Word } from "./program.ts";
import { asksForHelp, harmless, row } from "./rows.ts";

/** Where a client's statements stand. */
interface Client {
  readonly by: OptionShape;
  /** Options whose values are statements. */
  readonly statements: readonly string[];
  readonly files?: readonly string[];
  readonly hosts?: readonly string[];
  /** How many operands come before statements, when operands are statements. */
  readonly operandsFrom?: number;
  /** The first operand is the file of the database. */
  readonly opens?: boolean;
}

/** A client of a database that speaks SQL. */
function sqlClient(names: string, source: string, client: Client): ProgramRow {
  return row(names, source, (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, client.by);
    const given = valuesOf(o, ...client.statements);
    const verbs = o.operands.slice(0, 2).map((word) => word.value ?? "");
    if (call.name === "bq" && verbs[0] === "rm") return result([statement(call, "wipe", verbs.join(" "))]);
    if (call.name === "influx" && verbs.includes("delete")) return result([statement(call, "wipe", verbs.join(" "))]);
    const operands = client.operandsFrom === undefined ? [] : o.operands.slice(client.operandsFrom);
    const effects: Effect[] = [...given, ...operands].flatMap((word) => statements(call, word.value));
    const opened = client.opens === true ? o.operands.slice(0, 1) : [];
    const files = [...valuesOf(o, ...(client.files ?? [])), ...opened.filter((word) => word.value !== ":memory:")];
    effects.push(...reads(call, files), ...writes(call, valuesOf(o, "o", "output", "L", "log-file")));
    for (const word of [...valuesOf(o, ...(client.hosts ?? [])), ...o.operands.filter(isAddress)])
      effects.push(...remote(call, word));
    if (given.length === 0 && operands.length === 0 && call.stdin !== null)
      effects.push(...statements(call, call.stdin.text));
    return result(effects);
  });
}

function isAddress(word: Word): boolean {
  return /^[a-z][a-z0-9+]*:\/\//i.test(word.prefix) && !word.prefix.startsWith("file:");
}

/** Reaching a database on another machine: local ones are what clients are for. */
function remote(call: ProgramCall, word: Word): readonly Effect[] {
  if (word.value !== null && word.value.startsWith("/")) return [];
  const host = hostOf(word.value, word.text);
  if (host.class === "loopback" || host.class === "private" || host.class === "internal_name") return [];
  return connects(call, word, { sends: true });
}

/** The effects of statements, with the client's own commands (`\!`, `\copy`, `system`, `.shell`) taken out and judged. */
function statements(call: ProgramCall, text: string | null): readonly Effect[] {
  if (text === null) return [{ kind: "db.statement", via: call.name, operation: "unknown", text: "" }];
  const effects: Effect[] = [];
  const plain: string[] = [];
  for (const line of text.split("\n")) {
    const shell = /(?:^|;)\s*(?:\\!|\.shell|\.system|system|\\system)\s+(.*)$/.exec(line.trim());
    const program = /\b(?:to|from)\s+program\s+'([^']*)'/i.exec(line);
    const file =
      /^\s*(?:\\(?:i|ir|o|w|copy\s.*?(?:from|to))|\.(?:read|output|once|import|backup|save|dump|open)|source|\\\.|tee|\\T)\s+'?([^\s';]+)/i.exec(
        line,
      );
    if (shell !== null) effects.push(...call.run.shell(shell[1] ?? null, call.name));
    if (program !== null) effects.push(...call.run.shell(program[1] ?? null, call.name));
    if (file !== null)
      effects.push(
        ...(/\\o|\\w|output|once|backup|save|tee|\\T|\bto\b/i.test(line.slice(0, line.indexOf(file[1] ?? "")))
          ? writes
          : reads)(call, [literal(file[1] ?? "")]),
      );
    if (shell === null && !/^\s*[\\.]/.test(line)) plain.push(line);
  }
  const sql = plain.join("\n").trim();
  return sql === "" ? effects : [...effects, ...sqlEffects(sql, call.name)];
}

/** A statement of a database that has no SQL. */
function statement(call: ProgramCall, operation: DbStatement["operation"], text: string): Effect {
  return { kind: "db.statement", via: call.name, operation, text };
}

/** Rows of database clients and tools. */
export const DATABASES: readonly ProgramRow[] = [
  sqlClient("psql pgcli", "https://www.postgresql.org/docs/current/app-psql.html", {
    by: shape(
      "cdfhLopPRTUv",
      "command dbname file host log-file output port pset record-separator table-attr username set variable field-separator",
    ),
    statements: ["c", "command"],
    files: ["f", "file"],
    hosts: ["h", "host"],
  }),
  sqlClient("mysql mariadb mycli mysqlsh", "https://dev.mysql.com/doc/refman/8.4/en/mysql-command-options.html", {
    by: shape(
      "eDhuPS",
      "execute database host user port socket default-character-set defaults-file init-command ssl-ca uri file",
    ),
    statements: ["e", "execute", "init-command"],
    files: ["defaults-file", "f", "file"],
    hosts: ["h", "host"],
  }),
  sqlClient("sqlite3 sqlite litecli duckdb", "https://sqlite.org/cli.html", {
    by: shape("c", "cmd init separator nullvalue newline", "single"),
    statements: ["cmd", "c"],
    files: ["init"],
    opens: true,
    operandsFrom: 1,
  }),
  sqlClient(
    "sqlcmd osql bcp isql tsql sqsh mssql-cli fisql",
    "https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility",
    { by: shape("QqSUPdiobvHD"), statements: ["Q", "q"], files: ["i"], hosts: ["S", "H"] },
  ),
  sqlClient(
    "clickhouse-client clickhouse clickhouse-local cockroach usql trino presto beeline hive impala-shell snowsql vsql spark-sql athena dolt bq questdb ksql cqlsh influx taos",
    "https://clickhouse.com/docs/interfaces/cli",
    {
      by: shape(
        "qefhudpnHi",
        "query execute host user password database port file queries-file multiquery format uri token org",
      ),
      statements: ["q", "query", "e", "execute"],
      files: ["f", "file", "queries-file", "i"],
      hosts: ["h", "host"],
    },
  ),
  row("redis-cli valkey-cli keydb-cli dragonfly-cli iredis", "https://redis.io/docs/latest/develop/tools/cli/", redis),
  row("mongo mongosh", "https://www.mongodb.com/docs/mongodb-shell/reference/options/", (call) => {
    if (asksForHelp(call)) return NOTHING;
    const o = parseOptions(call.args, shape("upf", "eval host port username password authenticationDatabase file"));
    const texts = [...valuesOf(o, "eval").map((word) => word.value), ...(call.stdin === null ? [] : [call.stdin.text])];
    const effects = texts.flatMap((text) => mongo(call, text));
    for (const word of [...valuesOf(o, "host"), ...o.operands.filter(isAddress)]) effects.push(...remote(call, word));
    return result(effects);
  }),
  row("dropdb dropuser", "https://www.postgresql.org/docs/current/app-dropdb.html", (call) =>
    asksForHelp(call) ? NOTHING : result([statement(call, "wipe", call.args.map((word) => word.text).join(" "))]),
  ),
  row(
    "createdb createuser vacuumdb reindexdb clusterdb pg_upgrade initdb pg_ctl pg_ctlcluster pg_createcluster pg_dropcluster pg_resetwal pg_rewind mysql_install_db mysql_secure_installation mysql_upgrade",
    "https://www.postgresql.org/docs/current/reference-client.html",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      if (/resetwal|rewind|dropcluster/.test(call.name)) return result([statement(call, "wipe", call.name)]);
      if (/createuser/.test(call.name)) return result([statement(call, "admin", call.name)]);
      if (/pg_ctl/.test(call.name) && call.args.some((word) => word.value === "stop"))
        return result([
          { kind: "host.change", via: call.name, area: "service", detail: "stop database", destructive: true },
        ]);
      return result(/createdb|initdb|createcluster/.test(call.name) ? [statement(call, "schema", call.name)] : []);
    },
  ),
  row("mysqladmin mariadb-admin", "https://dev.mysql.com/doc/refman/8.4/en/mysqladmin.html", (call) => {
    const o = parseOptions(call.args, shape("uphPS", "user host port socket"));
    const verb = o.operands
      .map((word) => word.value ?? "")
      .find((text) => /^(drop|shutdown|password|flush-|kill|create|reload|refresh|stop-)/.test(text));
    if (verb === undefined) return NOTHING;
    return result([statement(call, verb === "drop" ? "wipe" : verb === "create" ? "schema" : "admin", verb)]);
  }),
  row(
    "pg_dump pg_dumpall mysqldump mariadb-dump mongodump mongoexport pg_basebackup mysqlpump mydumper redis-dump xtrabackup pgbackrest barman",
    "https://www.postgresql.org/docs/current/app-pgdump.html",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const o = parseOptions(
        call.args,
        shape(
          "fhpUdnNtToDRuPFSZEjr",
          "file host port username dbname table schema out db collection output result-file user databases pgdata uri",
        ),
      );
      const effects: Effect[] = [
        ...writes(call, valuesOf(o, "f", "file", "o", "out", "output", "r", "result-file", "D", "pgdata")),
      ];
      for (const word of valuesOf(o, "h", "host", "uri")) effects.push(...remote(call, word));
      return result(effects, stream({ secret: "database_dump" }));
    },
  ),
  row(
    "pg_restore mysqlimport mongorestore mongoimport pgloader myloader",
    "https://www.postgresql.org/docs/current/app-pgrestore.html",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const o = parseOptions(
        call.args,
        shape("hpUdnNtTFjuPlL", "host port username dbname table schema db collection user uri file"),
      );
      return result([
        ...reads(
          call,
          o.operands.filter((word) => !isAddress(word)),
        ),
        statement(
          call,
          has(o, "c", "clean", "drop", "delete", "replace", "D") ? "wipe" : has(o, "l", "list") ? "read" : "write",
          call.name,
        ),
      ]);
    },
  ),
  row(
    "memcached-tool memcflush elasticdump curator rabbitmqctl rabbitmqadmin kafka-topics kafka-topics.sh kafka-delete-records zkCli.sh nodetool cbq riak-admin couchdb",
    "https://www.rabbitmq.com/docs/man/rabbitmqctl.8",
    (call) => {
      if (asksForHelp(call)) return NOTHING;
      const text = call.args.map((word) => word.value ?? "").join(" ");
      if (
        /\b(delete|purge|flush|reset|force_reset|rmr|deleteall|--delete|drop|decommission|removenode|flush_all|stop_app|forget_cluster_node|truncate)/.test(
          text,
        ) ||
        call.name === "memcflush"
      )
        return result([statement(call, "wipe", text)]);
      return result(
        /\b(add_user|set_permissions|change_password|set_user_tags|create|--create|alter|set_policy)\b/.test(text)
          ? [statement(call, "admin", text)]
          : [],
      );
    },
  ),
  row(
    "rails rake artisan manage.py django-admin alembic flyway liquibase prisma knex sequelize typeorm drizzle-kit dbmate goose sqlx diesel migrate ecto atlas",
    "https://guides.rubyonrails.org/command_line.html",
    migrations,
  ),
  harmless(
    "pg_isready pg_config pg_controldata pg_checksums pg_amcheck pg_verifybackup pg_waldump pgbench pg_top mytop innotop sqlite3_analyzer sqldiff sqlformat sqlfluff mysqlcheck mysqlshow mysqlslap mysqlbinlog redis-benchmark redis-check-aof mongotop mongostat bsondump",
    "https://www.postgresql.org/docs/current/app-pg-isready.html",
  ),
];

const REDIS_READS =
  /^(get|mget|keys|scan|sscan|hscan|zscan|hget|hgetall|hmget|hkeys|hvals|hlen|lrange|llen|lindex|smembers|scard|sismember|zrange|zcard|zscore|zrevrange|type|ttl|pttl|exists|info|ping|echo|dbsize|strlen|memory|object|time|lastsave|monitor|client|command|role|select|auth|hello|subscribe|psubscribe|xrange|xread|xlen|xinfo|getrange|bitcount|slowlog|latency|cluster|readonly|randomkey|dump|help|pubsub|wait)$/;

function redis(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o = parseOptions(call.args, shape("hpsanuridDx", "user pass tls-ca cert key uri eval pipe-timeout", "posix"));
  const effects: Effect[] = [];
  for (const word of valuesOf(o, "h", "u")) effects.push(...remote(call, word));
  effects.push(...reads(call, valuesOf(o, "eval")), ...writes(call, valuesOf(o, "rdb")));
  const lines =
    o.operands.length > 0
      ? [o.operands.map((word) => word.value ?? word.text)]
      : (call.stdin?.text ?? "").split("\n").map((line) => line.trim().split(/\s+/));
  for (const [verb = "", second = ""] of lines)
    effects.push(...redisCommand(call, verb.toLowerCase(), second.toLowerCase()));
  if (o.operands.length === 0 && call.stdin !== null && call.stdin.text === null)
    effects.push(statement(call, "unknown", ""));
  return result(effects);
}

function redisCommand(call: ProgramCall, verb: string, second: string): readonly Effect[] {
  if (verb === "") return [];
  const text = `${verb} ${second}`.trim();
  if (verb === "flushall" || verb === "flushdb" || verb === "swapdb") return [statement(call, "wipe", text)];
  if (verb === "config" && second === "get") return [statement(call, "read", text)];
  if (
    /^(config|slaveof|replicaof|shutdown|debug|module|acl|script|eval|evalsha|migrate|failover|bgrewriteaof|save|bgsave|function|fcall|restore)$/.test(
      verb,
    ) &&
    !/^(get|list|whoami|cat|exists|users|log)$/.test(second)
  )
    return [statement(call, "admin", text)];
  if (
    (verb === "client" && second === "kill") ||
    (verb === "cluster" && /^(reset|forget|flushslots|failover)$/.test(second))
  )
    return [statement(call, "admin", text)];
  return [statement(call, REDIS_READS.test(verb) ? "read" : "write", text)];
}

function mongo(call: ProgramCall, text: string | null): Effect[] {
  if (text === null) return [statement(call, "unknown", "")];
  if (
    /dropDatabase|\.drop\s*\(|dropCollection|deleteMany\s*\(\s*(\{\s*\})?\s*\)|\.remove\s*\(\s*(\{\s*\})?\s*\)|dropAllUsers|dropIndexes/.test(
      text,
    )
  )
    return [statement(call, "wipe", text)];
  if (
    /createUser|dropUser|grantRoles|shutdownServer|runProgram|run\s*\(|setProfilingLevel|adminCommand|fsyncLock|updateUser|rs\.|sh\./.test(
      text,
    )
  )
    return [statement(call, "admin", text)];
  if (/createCollection|createIndex|renameCollection|dropIndex/.test(text)) return [statement(call, "schema", text)];
  if (/insert|update|replace|delete|remove|bulkWrite|findAndModify|findOneAnd|save\s*\(/.test(text))
    return [statement(call, "write", text)];
  return [
    statement(
      call,
      /find|count|aggregate|show|stats|distinct|get|list|print|version|hello|ping|explain/.test(text)
        ? "read"
        : "unknown",
      text,
    ),
  ];
}

function migrations(call: ProgramCall): ProgramResult {
  if (asksForHelp(call)) return NOTHING;
  const o: Options = parseOptions(call.args, shape("ecfn", "env environment config url name"));
  const text = o.operands.map((word) => word.value ?? "").join(" ");
  if (
    /\b(db:drop|db:reset|db:schema:load|db:purge|db:truncate_all|db:wipe|migrate:fresh|migrate:reset|migrate:refresh|flush|reset_db|clean|dropAll|drop-all|drop|schema:drop|migrate reset|db push --force-reset|downgrade base|reset|undo:all|redo)\b/.test(
      text,
    ) &&
    !/^(test|g|generate|routes)\b/.test(text)
  )
    return result([statement(call, "wipe", text)]);
  const runner = valueOf(o, "e");
  if (/^(runner|r|shell|tinker|console|c|dbshell)\b/.test(text) && call.args.length > 1)
    return nested(
      call.run.code(
        call.name === "manage.py" ? "python" : "ruby",
        o.operands[1]?.value ?? runner?.value ?? null,
        call.name,
      ),
    );
  return result(
    /\b(db:migrate|migrate|upgrade|up|update|db:seed|seed|deploy|db push|revert|rollback|down)\b/.test(text)
      ? [statement(call, "schema", text)]
      : [],
  );
}
