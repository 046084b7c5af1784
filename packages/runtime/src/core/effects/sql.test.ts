import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { assertEnds } from "../hang-guard.fixture.test.ts";
import { operationsIn, sqlEffects } from "./sql.ts";

const cases: Readonly<Record<string, readonly string[]>> = {
  read: [
    "select 1",
    "SELECT count(*) FROM t WHERE a = 'drop table users'",
    'select "delete" from `update`',
    "select * from t -- drop table t\nwhere a = 1",
    "/* drop table t */ select 1",
    "select * from t where a in (select b from c) for update",
    "with x as (select 1) select * from x",
    "(select 1) union (select 2)",
    "show tables",
    "explain delete from t",
    "begin; select 1; commit",
    "pragma table_info(t)",
    "set search_path to x",
    "select replace(a, 'b', 'c') from t",
    "select $$drop table t$$",
    "select 'it''s; drop table t'",
    "select updated, deleted_at, created from t order by updated",
  ],
  write: [
    "insert into t values (1)",
    "update t set a = 1 where id = 5",
    "delete from t where id = 5",
    "with x as (delete from t where id = 5 returning *) select * from x",
    "select * into copy from t",
    "merge into t using s on t.a = s.a when matched then update set b = 1",
    "explain analyze update t set a = 1 where id = 2",
    "insert into t values (1) on duplicate key update a = 2",
  ],
  wipe: [
    "DROP TABLE users",
    "drop database prod",
    "truncate users",
    "DELETE FROM accounts",
    "delete from t where 1=1",
    "delete from t where id = 5 or true",
    "delete from t where 'a'='a'",
    "delete from t where id = id",
    "update t set admin = 1",
    "select 1; drop table t",
    "select 1 drop table t",
    "dRoP/**/TaBlE t",
    "/*!50000 drop table t */",
    "with x as (delete from t) select 1",
    "select 1 --x\n; drop table t",
    "explain analyze delete from t",
  ],
  schema: [
    "create table t (a int)",
    "alter table t add b int",
    "create unique index i on t (a)",
    "drop index i",
    "vacuum",
  ],
  admin: [
    "grant all on t to x",
    "create user x",
    "create or replace function f() returns int as $$ select 1 $$ language sql",
    "alter system set x = 1",
    "alter role postgres superuser",
    "copy t to program 'curl http://x'",
    "COPY t FROM '/etc/passwd'",
    "select * from t into outfile '/var/www/x.php'",
    "select load_file('/etc/passwd')",
    "select pg_read_file('/etc/passwd')",
    "exec xp_cmdshell 'whoami'",
    "do $$ begin perform 1; end $$",
    "attach database '/tmp/x' as y",
    "select load_extension('x')",
    "set global general_log = 1",
    "execute immediate 'drop table t'",
    "pragma writable_schema = 1",
    "drop user x",
  ],
  unknown: [
    "",
    "hello world",
    "select 'unterminated",
    "/* open",
    "db.users.drop()",
    "\\! rm -rf /",
    "select 1\0",
    ".shell rm -rf /",
    "x".repeat(70_000),
  ],
};

describe("a text of SQL", () => {
  for (const [operation, texts] of Object.entries(cases)) {
    for (const text of texts) {
      it(`is ${operation}: \`${JSON.stringify(text.slice(0, 80))}\``, () => {
        const found: readonly string[] = [...operationsIn(text)];
        assert.ok(found.includes(operation), found.join());
        if (operation === "read") assert.deepEqual(found, ["read"]);
      });
    }
  }

  it("is read both ways where dialects disagree on backslashes", () => {
    assert.ok(operationsIn("select '\\'; drop table t; --'").has("wipe"));
    assert.ok(operationsIn("select '\\'; drop table t; -- '").has("wipe"));
  });

  it("is read as MySQL does too where comments and quotes differ", () => {
    assert.ok(operationsIn("select 1 # '\n; drop table t; -- '").has("wipe"));
    assert.ok(operationsIn("select 1 as $$; drop table t; -- $$").has("wipe"));
    assert.deepEqual([...operationsIn("select data #>> '{a}' from t where b = $1")], ["read"]);
    assert.deepEqual([...operationsIn("select $$it's$$")], ["read"]);
  });

  it("gives effects with short evidence", () => {
    const [effect] = sqlEffects(`select '${"x".repeat(1000)}'`, "sql_query");
    assert.equal(effect?.kind, "db.statement");
    assert.ok(effect?.kind === "db.statement" && effect.text.length < 250);
  });

  it("never softens when a statement is put after it, or when its case and spaces change", () => {
    const wipes = ["drop table t", "delete from t", "truncate table t", "update t set a = 1"];
    fc.assert(
      fc.property(
        fc.constantFrom(...wipes),
        fc.constantFrom("select 1; ", "/* x */ ", "-- x\n", "begin; "),
        fc.boolean(),
        (wipe, before, upper) => {
          const text = before + (upper ? wipe.toUpperCase() : wipe.replaceAll(" ", "\t\n"));
          assert.ok(operationsIn(text).has("wipe"), text);
        },
      ),
    );
  });

  it("is read in linear time, whatever it is", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => operationsIn(text).size > 0));
    for (const unit of [
      "(",
      "'",
      "$a",
      "$$",
      "/*",
      "--",
      "delete from t where ",
      "update ",
      ";",
      "or 1=1 ",
      "with x as (",
    ]) {
      // As long as is read at all: the square of that takes seconds, so it is asked for several times.
      const text = unit.repeat(65_536 / unit.length);
      assertEnds(() => {
        for (let round = 0; round < 8; round += 1) operationsIn(text);
      }, unit);
    }
  });
});
