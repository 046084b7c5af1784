import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { HOSTILE } from "../testing/hostile.ts";
import { unzip } from "../testing/unzip.ts";
import { beginsFormula, CELL_LIMIT, cellText, csvLine } from "./inert-text.ts";
import { Workbook, type CellValue } from "./workbook.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "canopy-workbook-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function written(
  t: TestContext,
  rows: readonly (readonly CellValue[])[],
  rowsEach?: number,
): ReadonlyMap<string, string> {
  const path = join(folder(t), "out.xlsx");
  const workbook = Workbook.create(path, rowsEach);
  workbook.addSheet({ name: "Entries", columns: [{ title: "A", width: 12 }, { title: "B" }] });
  for (const row of rows) workbook.row(row);
  workbook.addSheet({ name: "Summary", columns: [{ title: "What" }], first: true });
  workbook.close();
  return unzip(readFileSync(path));
}

const sheet = (members: ReadonlyMap<string, string>, number: number): string =>
  members.get(`xl/worksheets/sheet${number}.xml`) ?? "";

test("a sheet has a frozen header that filters, numbers as numbers, and times as dates", (t) => {
  const members = written(t, [
    ["text", 12.5],
    [new Date("2026-01-31T12:00:00Z"), true],
    [1e15, null],
  ]);
  const xml = sheet(members, 1);
  assert.match(xml, /<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"\/>/u);
  assert.match(xml, /<\/sheetData><autoFilter ref="A1:B4"\/>/u);
  assert.match(xml, /<c r="B2" s="\d+"><v>12.5<\/v>/u);
  assert.match(xml, /<c r="A3" s="\d+"><v>46053.5<\/v>/u);
  assert.match(xml, /<c r="B3" s="\d+" t="b"><v>1<\/v>/u);
  // A spreadsheet would show 16 digits wrong.
  assert.match(xml, /<c r="A4" s="\d+" t="inlineStr"><is><t xml:space="preserve">1000000000000000<\/t>/u);
  assert.match(members.get("xl/workbook.xml") ?? "", /<sheet name="Summary"[^>]*\/><sheet name="Entries"/u);
});

test("a full sheet goes on in the next, under the same header", (t) => {
  const members = written(
    t,
    [
      ["1", 1],
      ["2", 2],
      ["3", 3],
      ["4", 4],
      ["5", 5],
    ],
    3,
  );
  assert.match(members.get("xl/workbook.xml") ?? "", /name="Entries".*name="Entries \(2\)".*name="Entries \(3\)"/u);
  assert.match(sheet(members, 3), /<t xml:space="preserve">A<\/t>.*<c r="A2"[^>]*><is><t xml:space="preserve">5</u);
  assert.match(sheet(members, 2), /<autoFilter ref="A1:B3"\/>/u);
});

test("a chart is drawn of a sheet's own columns, and hostile titles are text in it", (t) => {
  const path = join(folder(t), "out.xlsx");
  const workbook = Workbook.create(path);
  const series = [{ column: 1, color: "4AC26B" }];
  const chart = { title: '<b>"&', kind: "bars", category: 0, series, rows: 5 } as const;
  workbook.addSheet({ name: "It's", columns: [{ title: "A" }, { title: "=1+1" }], drawing: { chart } });
  for (let n = 0; n < 20; n += 1) workbook.row([`row ${n}`, n]);
  workbook.close();
  const members = unzip(readFileSync(path));
  const xml = members.get("xl/charts/chart1.xml") ?? "";
  assert.match(xml, /<c:f>'It''s'!\$A\$2:\$A\$6<\/c:f>.*<c:f>'It''s'!\$B\$2:\$B\$6<\/c:f>/u);
  assert.match(xml, /<a:t>&lt;b&gt;&quot;&amp;<\/a:t>/u);
  assert.match(sheet(members, 1), /<drawing r:id="rId1"\/><\/worksheet>$/u);
  assert.match(members.get("[Content_Types].xml") ?? "", /chart1\.xml/u);
});

test("a picture stands beside the columns, with one for programs that know no SVG", (t) => {
  const path = join(folder(t), "out.xlsx");
  const workbook = Workbook.create(path);
  const picture = { svg: "<svg/>", description: "<what>", widthPixels: 10, heightPixels: 5 };
  workbook.addSheet({ name: "A", columns: [{ title: "A" }], drawing: { picture } });
  workbook.close();
  const members = unzip(readFileSync(path));
  assert.equal(members.get("xl/media/picture1.svg"), "<svg/>");
  assert.match(members.get("xl/media/picture1.png") ?? "", /PNG/u);
  assert.match(members.get("xl/drawings/drawing1.xml") ?? "", /descr="&lt;what&gt;"/u);
});

test("what is written is whole or not there", (t) => {
  const place = folder(t);
  const workbook = Workbook.create(join(place, "out.xlsx"));
  workbook.addSheet({ name: "A", columns: [{ title: "A" }] });
  workbook.row(["x"]);
  assert.equal(existsSync(join(place, "out.xlsx")), false);
  workbook.abandon();
  assert.deepEqual(readdirSync(place), []);
  assert.throws(() => Workbook.create(join(place, "no", "out.xlsx")), { code: "FILE_UNUSABLE" });
});

test("the same rows give the same bytes", (t) => {
  const place = folder(t);
  const [first, second] = ["a.xlsx", "b.xlsx"].map((name) => {
    const workbook = Workbook.create(join(place, name));
    workbook.addSheet({ name: "A", columns: [{ title: "A" }] });
    for (let n = 0; n < 5000; n += 1) workbook.row([`row ${n}`]);
    workbook.close();
    return readFileSync(join(place, name));
  });
  assert.ok(first !== undefined && second !== undefined && first.equals(second));
});

test("names of sheets are what programs take, and each is there once", (t) => {
  const path = join(folder(t), "out.xlsx");
  const workbook = Workbook.create(path);
  for (const name of ["a/b:c", "A B C", "", "'x'", "n".repeat(40), "n".repeat(40), "<&>"]) {
    workbook.addSheet({ name, columns: [{ title: "A" }] });
  }
  workbook.close();
  const names = [...(unzip(readFileSync(path)).get("xl/workbook.xml") ?? "").matchAll(/<sheet name="([^"]*)"/gu)];
  assert.deepEqual(
    names.map((match) => match[1]),
    ["a b c", "A B C (2)", "Sheet", "x", "n".repeat(31), `${"n".repeat(27)} (2)`, "&lt;&amp;&gt;"],
  );
});

// Characters that XML forbids, and those that a reader would not see or would obey.
const RAW = /[\p{Cc}\p{Cf}\p{Cs}\u{fffe}\u{ffff}]/u;

test("no hostile string becomes a formula, markup, or a character that XML forbids", (t) => {
  const values = HOSTILE.map(({ value }) => value);
  assert.ok(values.length >= 130);
  const xml = sheet(
    written(
      t,
      values.map((value) => [value, value]),
    ),
    1,
  );
  assert.equal(/<f[ >]/u.test(xml), false);
  assert.equal(RAW.exec(xml), null);
  const cells = [
    ...xml.matchAll(/<c r="A\d+" s="(\d+)" t="inlineStr"><is><t xml:space="preserve">([^<]*)<\/t><\/is><\/c>/gu),
  ];
  assert.equal(cells.length, values.length + 1);
  const texts = cells.slice(1).map((match) => unescapeXml(match[2] ?? ""));
  assert.deepEqual(texts, values.map(cellText));
  values.forEach((value, index) => {
    // Recoverable: what is not itself stands as \u{…}.
    assert.equal(recovered(texts[index] ?? ""), recovered(value));
  });
});

test("no hostile string in a CSV file begins like a formula, wherever a program may split it", () => {
  for (const { value } of HOSTILE) {
    const line = csvLine([value, "next"]);
    assert.match(line, /\r\n$/u);
    assert.doesNotMatch(line.slice(0, -2), RAW);
    const cell = parseCsv(line.slice(0, -2))[0] ?? "";
    assert.equal(beginsFormula(cell.startsWith("'") ? "" : cell), false, line);
    for (const part of line
      .slice(0, -2)
      .split(/[;|\t]/u)
      .slice(1))
      assert.equal(/^\s*[=+\-@]/u.test(part), false, line);
    assert.equal(recovered(cell.replace(/^'/u, "")), recovered(value.replace(/^'/u, "")));
  }
});

test("CSV keeps numbers, and text that only looks like one", () => {
  assert.equal(csvLine([-5, 1.5, true, null, "0012", "a,b", 'say "x"']), '-5,1.5,true,,0012,"a,b","say ""x"""\r\n');
  assert.equal(csvLine(["-5", "a;b", " leading"]), '\'-5,"a;b"," leading"\r\n');
});

test("a text that a cell can't hold is cut, and says so", (t) => {
  for (const character of ["x", "😀", "\u0000"]) {
    const text = cellText(character.repeat(40_000));
    assert.ok(text.length <= CELL_LIMIT);
    assert.match(text, /… \(cut: \d+ characters\)$/u);
    assert.doesNotMatch(text, /\p{Surrogate}/u);
  }
  const members = written(t, [["y".repeat(100_000), null]]);
  assert.ok(sheet(members, 1).length < 40_000);
});

test("text that looks like a workbook's way to write a character stays itself", () => {
  assert.equal(cellText("_x000D_ and _x5_"), "\\u{5f}x000D_ and _x5_");
});

function unescapeXml(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

function recovered(text: string): string {
  return text.replaceAll(/\\u\{([0-9a-f]+)\}/gu, (_whole, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

function parseCsv(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/gu)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}
