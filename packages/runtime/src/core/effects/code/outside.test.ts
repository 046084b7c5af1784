import { testCode } from "../../../runtime/answers.fixture.test.ts";

testCode("a statement is found behind comments, brackets and other statements", "python", {
  REQUIRE_APPROVAL: [
    'cur.execute("-- a\\nDROP TABLE x")',
    'cur.execute("--\\nDELETE FROM users")',
    'cur.execute("/* a */ DROP TABLE x")',
    'cur.execute("/*!50000 DROP TABLE x */")',
    'cur.execute("((DROP TABLE x))")',
    'cur.execute("# a\\nDROP TABLE x")',
    'cur.execute("; DROP TABLE x")',
    'cur.execute(";;DELETE FROM users")',
    'cur.execute("\\ufeffDROP TABLE x")',
    'cur.execute("explain analyze delete from users")',
    'cur.execute("use db; drop table x")',
    'cur.execute("show tables; drop table x")',
    'cur.execute("IF EXISTS (SELECT 1) DROP TABLE x")',
    'cur.execute("declare @x int; drop table x")',
    'cur.execute("SELECT 1;"' + '+" "'.repeat(100) + '+"DROP TABLE users")',
    'cur.execute("SELECT * FROM " + t + "; DROP TABLE users")',
  ],
  ALLOW: [
    'cur.execute("-- a\\nSELECT * FROM x")',
    'cur.execute("/* a */ SELECT 1")',
    'cur.execute("(SELECT 1) UNION (SELECT 2)")',
    'cur.execute("# a\\nSELECT 1")',
    'cur.execute("DELETE FROM users WHERE id = 3")',
    'cur.execute("SELECT a FROM " + t + " WHERE b = " + c)',
    'print("-- drop table")',
    'page.text("# Notes; then drop the table")',
  ],
});

testCode("a statement is found behind comments, brackets and other statements", "javascript", {
  REQUIRE_APPROVAL: [
    "db.query(`-- a\nDROP TABLE x`)",
    'db.query("/* a */DROP TABLE x")',
    "db.query(`\n  -- clean\n  -- up\n  DELETE FROM users\n`)",
  ],
});
