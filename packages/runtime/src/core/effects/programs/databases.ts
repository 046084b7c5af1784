// Database clients: the statements that they are given, and what their tools destroy, copy and send.

import type { Effect } from "../effect.ts";
import { fromFile, isAddress, remote, statement, statements } from "./database-statements.ts";
import { NOTHING, reads, readsSecret, result, stream, writes } from "./describe.ts";
import { place } from "./place.ts";
import { has, parseOptions, shape, valuesOf, type OptionShape } from "./options.ts";
import type { ProgramCall, ProgramResult, ProgramRow } from "./program.ts";
import { asksForHelp, harmless, row } from "./rows.ts";

/** Where a client's statements stand. */
interface Client {
  readonly by: OptionShape;
  /** Options whose values are statements. */
  readonly statements: readonly string[];
  readonly files?: readonly string[];
  /** `--help` anywhere shows that and nothing else. */
  readonly helps?: boolean;
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
    if (client.helps === true && has(o, "help")) return NOTHING;
    const given = valuesOf(o, ...client.statements);
    const verbs = o.operands.slice(0, 2).map((word) => word.value ?? "");
    if (call.name === "bq" && verbs[0] === "rm") return result([statement(call, "wipe", verbs.join(" "))]);
    if (call.name === "influx" && verbs.includes("delete")) return result([statement(call, "wipe", verbs.join(" "))]);
    const operands = client.operandsFrom === undefined ? [] : o.operands.slice(client.operandsFrom);
    const effects: Effect[] = [...given, ...operands].flatMap((word) => statements(call, word.value));
    const opened = client.opens === true ? o.operands.slice(0, 1) : [];
    effects.push(
      ...reads(
        call,
        opened.filter((word) => word.value !== ":memory:"),
      ),
      // Opening alone may lock a database, and that of the ledger must not be.
      ...writes(
        call,
        opened.filter((word) => place(call, word).governance !== null),
        "change",
      ),
      ...valuesOf(o, ...(client.files ?? [])).flatMap((word) => fromFile(call, word)),
      ...writes(call, valuesOf(o, "o", "output", "L", "log-file")),
    );
    for (const word of [...valuesOf(o, ...(client.hosts ?? [])), ...o.operands.filter(isAddress)])
      effects.push(...remote(call, word));
    if (given.length === 0 && operands.length === 0 && call.stdin !== null)
      effects.push(...statements(call, call.stdin.text));
    return result(effects);
  });
}

/** Rows of database clients and tools. */
export const DATABASES: readonly ProgramRow[] = [
  sqlClient("psql pgcli usql", "https://www.postgresql.org/docs/current/app-psql.html", {
    by: shape(
      "cdfhLopPRTUv",
      "command dbname file host log-file output port pset record-separator table-attr username set variable field-separator",
    ),
    statements: ["c", "command"],
    files: ["f", "file"],
    hosts: ["h", "host"],
    helps: true,
  }),
  sqlClient("mysql mariadb mycli mysqlsh", "https://dev.mysql.com/doc/refman/8.4/en/mysql-command-options.html", {
    by: shape(
      "eDhuPS",
      "execute database host user port socket default-character-set defaults-file init-command ssl-ca uri file",
    ),
    statements: ["e", "execute", "init-command"],
    files: ["f", "file"],
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
    "sqlcmd osql isql tsql sqsh mssql-cli fisql",
    "https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility",
    { by: shape("QqSUPdiobvHD"), statements: ["Q", "q"], files: ["i"], hosts: ["S", "H"] },
  ),
  sqlClient(
    "clickhouse-client clickhouse clickhouse-local cockroach trino presto beeline hive impala-shell snowsql vsql spark-sql athena dolt questdb ksql cqlsh influx taos",
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
    for (const word of [
      ...valuesOf(o, "f", "file"),
      ...o.operands.filter(({ prefix }) => /\.(?:js|mongodb)$/.test(prefix)),
    ])
      effects.push(...fromFile(call, word, (text) => mongo(call, text)));
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
        call.name === "memcflush" ||
        call.name === "kafka-delete-records"
      )
        return result([statement(call, "wipe", text)]);
      return result(
        /\b(add_user|set_permissions|change_password|set_user_tags|create|--create|alter|set_policy)\b/.test(text)
          ? [statement(call, "admin", text)]
          : [],
      );
    },
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
  effects.push(...valuesOf(o, "eval").flatMap((word) => fromFile(call, word, () => [statement(call, "unknown", "")])));
  effects.push(...writes(call, valuesOf(o, "rdb")));
  const lines =
    o.operands.length > 0
      ? [o.operands.map((word) => word.value ?? word.text)]
      : (call.stdin?.text ?? "").split("\n").map((line) => line.trim().split(/\s+/));
  for (const line of lines)
    effects.push(
      ...redisCommand(
        call,
        line.slice(0, 3).map((word) => word.toLowerCase()),
      ),
    );
  if (o.operands.length === 0 && call.stdin !== null && call.stdin.text === null)
    effects.push(statement(call, "unknown", ""));
  return result(effects);
}

function redisCommand(call: ProgramCall, words: readonly string[]): readonly Effect[] {
  const [verb = "", second = "", third = ""] = words;
  if (verb === "") return [];
  const text = `${verb} ${second}`.trim();
  if (verb === "flushall" || verb === "flushdb" || verb === "swapdb") return [statement(call, "wipe", text)];
  if (verb === "config" && /^get (requirepass|masterauth|\*)/.test(`${second} ${third}`))
    return readsSecret(call, "database_password", text);
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
    /createUser|dropUser|grantRoles|shutdownServer|runProgram|run\s*\(|setProfilingLevel|adminCommand|fsyncLock|updateUser|\brs\.|\bsh\./.test(
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
