// The fixed parts of a workbook (Office Open XML, ECMA-376): what it consists of, and how its cells look.

/** How a cell is read and shown. */
export type CellFormat = "general" | "text" | "wrapped" | "number" | "time";

/** What a row's colour says; never the only thing that says it. */
export type RowTone = "plain" | "good" | "caution" | "bad";

const FORMATS: readonly CellFormat[] = ["general", "text", "wrapped", "number", "time"];
const TONES: readonly RowTone[] = ["plain", "good", "caution", "bad"];
/** The style of header cells; bold text comes next. */
export const HEADER_STYLE = 1;
const BOLD_STYLE = 2;
const FIRST = BOLD_STYLE + 1;
/** A text that begins like a formula: programs that guess are told that it is text. */
const QUOTED_TEXT = FORMATS.length;
const EACH = FORMATS.length + 1;

/** The number of a style. */
export function styleNumber(format: CellFormat, tone: RowTone, isQuoted = false): number {
  return FIRST + TONES.indexOf(tone) * EACH + (isQuoted ? QUOTED_TEXT : FORMATS.indexOf(format));
}

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';

/** What stands before a sheet's columns and rows. The first row stays in place. */
export const SHEET_HEAD: string =
  `${XML}<worksheet xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">` +
  '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>' +
  '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>';

/** How a sheet is printed: across, as wide as the page. Stands after its filter. */
export const SHEET_PRINT: string =
  '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>' +
  '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>';

/** A sheet of a workbook, as its parts name it. */
export interface SheetPart {
  /** Escaped. */
  readonly name: string;
  /** The number of its file, from 1. */
  readonly number: number;
}

/** The parts that name the sheets, by their paths. */
export function workbookParts(
  sheets: readonly SheetPart[],
  extra: { readonly types: string },
): ReadonlyMap<string, string> {
  const files = sheets.map(({ number }) => `/xl/worksheets/sheet${number}.xml`);
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const overrides = [
    ["/xl/workbook.xml", `${type}.sheet.main+xml`],
    ["/xl/styles.xml", `${type}.styles+xml`],
    ...files.map((file) => [file, `${type}.worksheet+xml`]),
  ].map(([part, content]) => `<Override PartName="${part}" ContentType="${content}"/>`);
  const listed = sheets.map(
    ({ name, number }, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${number}"/>`,
  );
  const related = sheets.map(({ number }) => relation(`rId${number}`, "worksheet", `worksheets/sheet${number}.xml`));
  return new Map([
    [
      "[Content_Types].xml",
      `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${extra.types}${overrides.join("")}</Types>`,
    ],
    ["_rels/.rels", relations([relation("rId1", "officeDocument", "xl/workbook.xml")])],
    [
      "xl/workbook.xml",
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><bookViews><workbookView/></bookViews><sheets>${listed.join("")}</sheets>${printTitles(sheets)}</workbook>`,
    ],
    ["xl/_rels/workbook.xml.rels", relations([...related, relation("rIdStyles", "styles", "styles.xml")])],
    ["xl/styles.xml", styles()],
  ]);
}

// On paper, too, every page says what its columns are.
function printTitles(sheets: readonly SheetPart[]): string {
  const names = sheets.map(
    ({ name }, index) =>
      `<definedName name="_xlnm.Print_Titles" localSheetId="${index}">'${name.replaceAll("'", "''")}'!$1:$1</definedName>`,
  );
  return names.length === 0 ? "" : `<definedNames>${names.join("")}</definedNames>`;
}

/** A file of relations. */
export function relations(entries: readonly string[]): string {
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">${entries.join("")}</Relationships>`;
}

/** One relation. */
export function relation(id: string, kind: string, target: string): string {
  return `<Relationship Id="${id}" Type="${RELATIONS}/${kind}" Target="${target}"/>`;
}

const FILLS: Readonly<Record<RowTone, string>> = { plain: "", good: "E8F5E9", caution: "FFF4D6", bad: "FDE7E7" };
const NUMBER_FORMATS: Readonly<Record<CellFormat, number>> = {
  general: 0,
  text: 49,
  wrapped: 49,
  number: 3,
  time: 164,
};
const HEADER_FILL = "1F2A37";

function fill(color: string): string {
  return `<fill><patternFill patternType="solid"><fgColor rgb="FF${color}"/><bgColor indexed="64"/></patternFill></fill>`;
}

function font(more: string): string {
  return `<font>${more}<sz val="11"/><name val="Calibri"/><family val="2"/></font>`;
}

function styles(): string {
  const fills = [
    '<fill><patternFill patternType="none"/></fill>',
    '<fill><patternFill patternType="gray125"/></fill>',
    fill(HEADER_FILL),
    ...TONES.slice(1).map((tone) => fill(FILLS[tone])),
  ];
  const cells = [
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    '<xf numFmtId="49" fontId="2" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="center"/></xf>',
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>',
    ...TONES.flatMap((_tone, index) => {
      const filled = `fontId="0" fillId="${index === 0 ? 0 : index + 2}" borderId="0" xfId="0" applyFill="1"`;
      const each = FORMATS.map((format) => {
        const wraps = format === "wrapped" ? ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>' : "/>";
        return `<xf numFmtId="${NUMBER_FORMATS[format]}" ${filled} applyNumberFormat="1"${wraps}`;
      });
      return [...each, `<xf numFmtId="49" ${filled} applyNumberFormat="1" quotePrefix="1"/>`];
    }),
  ];
  return (
    `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>` +
    `<fonts count="3">${font("")}${font("<b/>")}${font('<b/><color rgb="FFFFFFFF"/>')}</fonts>` +
    `<fills count="${fills.length}">${fills.join("")}</fills>` +
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
    `<cellXfs count="${cells.length}">${cells.join("")}</cellXfs>` +
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
  );
}
