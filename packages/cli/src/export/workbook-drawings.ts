// What stands over the cells of a sheet: a chart of its columns, or a picture (DrawingML, ECMA-376 parts 1 and 4).
//
//   sheetN.xml ─ rels ─ drawingN.xml ─ rels ─ chartN.xml, or pictureN.svg with pictureN.png for programs without SVG

import { deflateSync, crc32 } from "node:zlib";
import { relation, relations } from "./workbook-parts.ts";

/** A chart of a sheet's own columns: stacked, one bar for each row. */
export interface SheetChart {
  readonly title: string;
  readonly kind: "columns" | "bars";
  /** Which column names the bars, from 0; the series are columns too. */
  readonly category: number;
  readonly series: readonly { readonly column: number; readonly color: string }[];
  /** At most so many rows are drawn. */
  readonly rows: number;
}

/** A picture over a sheet. */
export interface SheetPicture {
  /** A whole SVG document, inert: it is put in as it is. */
  readonly svg: string;
  /** What it shows, for those who don't see it. */
  readonly description: string;
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** A sheet's drawing, with the names that its parts need. */
export interface SheetDrawing {
  /** The number of the sheet's file. */
  readonly number: number;
  /** Its name, as it stands in formulas of charts: quoted where it must be. */
  readonly sheet: string;
  /** The column and row that it begins at, from 0. */
  readonly column: number;
  readonly row: number;
  readonly what:
    | { readonly chart: SheetChart; readonly titles: readonly string[]; readonly rows: number }
    | { readonly picture: SheetPicture };
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const DRAWING = "http://schemas.openxmlformats.org/drawingml/2006";
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/** English Metric Units in a pixel of 1/96 inch. */
const EMU = 9525;
const CHART_WIDTH = 760;
const CHART_HEIGHT = 380;

/** Content types of drawings, for the list of the whole file. */
export function drawingTypes(drawings: readonly SheetDrawing[]): string {
  const parts = drawings.map(({ number, what }) => {
    const drawing = `<Override PartName="/xl/drawings/drawing${number}.xml" ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/>`;
    const chart = `<Override PartName="/xl/charts/chart${number}.xml" ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/>`;
    return "chart" in what ? drawing + chart : drawing;
  });
  const isPictured = drawings.some(({ what }) => "picture" in what);
  const images =
    '<Default Extension="png" ContentType="image/png"/><Default Extension="svg" ContentType="image/svg+xml"/>';
  return (isPictured ? images : "") + parts.join("");
}

/** The parts of a drawing, by their paths. */
export function drawingParts(drawing: SheetDrawing): ReadonlyMap<string, string | Buffer> {
  const { number, what } = drawing;
  const sheetRels = relations([relation("rId1", "drawing", `../drawings/drawing${number}.xml`)]);
  const own = "chart" in what ? chartParts(drawing, what.chart, what) : pictureParts(drawing, what.picture);
  return new Map([[`xl/worksheets/_rels/sheet${number}.xml.rels`, sheetRels], ...own]);
}

type Part = readonly [path: string, content: string | Buffer];

function chartParts(
  drawing: SheetDrawing,
  chart: SheetChart,
  { titles, rows }: { readonly titles: readonly string[]; readonly rows: number },
): readonly Part[] {
  const { number } = drawing;
  const frame =
    `<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart" descr="${chart.title}"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>` +
    '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>' +
    `<a:graphic><a:graphicData uri="${DRAWING}/chart"><c:chart xmlns:c="${DRAWING}/chart" r:id="rId1"/></a:graphicData></a:graphic></xdr:graphicFrame>`;
  return [
    [`xl/drawings/drawing${number}.xml`, anchored(drawing, CHART_WIDTH, CHART_HEIGHT, frame)],
    [
      `xl/drawings/_rels/drawing${number}.xml.rels`,
      relations([relation("rId1", "chart", `../charts/chart${number}.xml`)]),
    ],
    [`xl/charts/chart${number}.xml`, chartXml(drawing.sheet, chart, titles, Math.min(rows, chart.rows + 1))],
  ];
}

function anchored({ column, row }: SheetDrawing, width: number, height: number, content: string): string {
  return (
    `${XML}<xdr:wsDr xmlns:xdr="${DRAWING}/spreadsheetDrawing" xmlns:a="${DRAWING}/main" xmlns:r="${RELATIONS}"><xdr:oneCellAnchor>` +
    `<xdr:from><xdr:col>${column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>` +
    `<xdr:ext cx="${width * EMU}" cy="${height * EMU}"/>${content}<xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>`
  );
}

function chartXml(sheet: string, chart: SheetChart, titles: readonly string[], lastRow: number): string {
  const range = (column: number, from: number, to: number): string => {
    const letter = String.fromCharCode(65 + column);
    return `${sheet}!$${letter}$${from}${from === to ? "" : `:$${letter}$${to}`}`;
  };
  const series = chart.series.map(
    ({ column, color }, index) =>
      `<c:ser><c:idx val="${index}"/><c:order val="${index}"/><c:tx><c:strRef><c:f>${range(column, 1, 1)}</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>${titles[column] ?? ""}</c:v></c:pt></c:strCache></c:strRef></c:tx>` +
      `<c:spPr><a:solidFill><a:srgbClr val="${color}"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/>` +
      `<c:cat><c:strRef><c:f>${range(chart.category, 2, lastRow)}</c:f></c:strRef></c:cat><c:val><c:numRef><c:f>${range(column, 2, lastRow)}</c:f></c:numRef></c:val></c:ser>`,
  );
  const isBars = chart.kind === "bars";
  return (
    `${XML}<c:chartSpace xmlns:c="${DRAWING}/chart" xmlns:a="${DRAWING}/main" xmlns:r="${RELATIONS}"><c:chart>` +
    `<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:rPr sz="1300" b="1"/><a:t>${chart.title}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title>` +
    `<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/><c:barChart><c:barDir val="${isBars ? "bar" : "col"}"/><c:grouping val="stacked"/><c:varyColors val="0"/>` +
    `${series.join("")}<c:gapWidth val="50"/><c:overlap val="100"/><c:axId val="1"/><c:axId val="2"/></c:barChart>` +
    `<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="${isBars ? "maxMin" : "minMax"}"/></c:scaling><c:delete val="0"/><c:axPos val="${isBars ? "l" : "b"}"/><c:crossAx val="2"/></c:catAx>` +
    `<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="${isBars ? "b" : "l"}"/><c:majorGridlines/><c:numFmt formatCode="#,##0" sourceLinked="0"/><c:crossAx val="1"/></c:valAx>` +
    '</c:plotArea><c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend><c:plotVisOnly val="1"/></c:chart></c:chartSpace>'
  );
}

const SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}";
const SVG_NAMESPACE = "http://schemas.microsoft.com/office/drawing/2016/SVG/main";

function pictureParts(drawing: SheetDrawing, picture: SheetPicture): readonly Part[] {
  const { number } = drawing;
  const { widthPixels, heightPixels, description, svg } = picture;
  const size = `<a:xfrm><a:off x="0" y="0"/><a:ext cx="${widthPixels * EMU}" cy="${heightPixels * EMU}"/></a:xfrm>`;
  const content =
    `<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="Picture" descr="${description}"/><xdr:cNvPicPr/></xdr:nvPicPr>` +
    `<xdr:blipFill><a:blip r:embed="rId1"><a:extLst><a:ext uri="${SVG_EXTENSION}"><asvg:svgBlip xmlns:asvg="${SVG_NAMESPACE}" r:embed="rId2"/></a:ext></a:extLst></a:blip><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>` +
    `<xdr:spPr>${size}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>`;
  const related = [
    relation("rId1", "image", `../media/picture${number}.png`),
    relation("rId2", "image", `../media/picture${number}.svg`),
  ];
  return [
    [`xl/drawings/drawing${number}.xml`, anchored(drawing, widthPixels, heightPixels, content)],
    [`xl/drawings/_rels/drawing${number}.xml.rels`, relations(related)],
    [`xl/media/picture${number}.svg`, svg],
    [`xl/media/picture${number}.png`, onePixel()],
  ];
}

/** A grey PNG of one pixel: what programs without SVG show instead. @see https://www.w3.org/TR/png-3/ */
function onePixel(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(1, 4);
  header.writeUInt8(8, 8);
  const chunks = [
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Buffer.from([0, 0xdd]))),
    pngChunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...chunks]);
}

// length · type · data · crc-32 of type and data
function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([chunk.subarray(0, 4), body, chunk.subarray(4)]);
}
