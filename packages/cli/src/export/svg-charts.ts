// Charts as inline SVG, without scripts: colours come from the page's variables, so they follow light and dark; each
// has a title and a description for those who don't see it, and every value also stands in a table of the page.

import { markupText, visibleLine } from "canopy-runtime/forensics";

/** One bar, its parts in the order of the chart's series. */
export interface Bar {
  readonly label: string;
  readonly values: readonly number[];
}

/** A series: its name and the class that colours it. */
export interface Series {
  readonly name: string;
  readonly tone: "good" | "caution" | "bad" | "neutral";
}

/** A chart's words. */
export interface ChartOptions {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly description: string;
  readonly series: readonly Series[];
}

const WIDTH = 960;
const ROW = 24;
const MOST_LABELS = 300;
const LEAST_LABELS = 90;
/** Of a letter, at most, on average. */
const LETTER = 7.4;
const NUMBERS = 90;
const LABEL_CHARACTERS = 38;

/** Horizontal bars, one a row. Cost: linear in the bars. */
export function barChart(bars: readonly Bar[], options: ChartOptions): string {
  const most = Math.max(1, ...bars.map(({ values }) => total(values)));
  const labels = labelsOf(bars);
  const room = WIDTH - labels - NUMBERS;
  const height = bars.length * ROW + 8;
  const rows = bars.map(({ label, values }, index) => {
    const y = index * ROW + 4;
    const parts = segments(values, room / most).map(
      ({ at, size, series }) =>
        `<rect class="${options.series[series]?.tone}" x="${labels + at}" y="${y + 3}" width="${size}" height="${ROW - 8}"/>`,
    );
    const end = labels + round((total(values) * room) / most) + 8;
    return (
      `<text class="label" x="${labels - 10}" y="${y + 15}" text-anchor="end">${markupText(shortened(label))}</text>` +
      `${parts.join("")}<text class="value" x="${end}" y="${y + 15}">${total(values).toLocaleString("en-US")}</text>`
    );
  });
  return svg(height, rows.join(""), options);
}

/** Room for the longest label: bars begin where names end. */
function labelsOf(bars: readonly Bar[]): number {
  const longest = bars.reduce((most, { label }) => Math.max(most, shortened(label).length), 0);
  return Math.round(Math.max(LEAST_LABELS, Math.min(MOST_LABELS, longest * LETTER + 14)));
}

const COLUMNS_HEIGHT = 180;
const AXIS = 26;
const LEFT = 60;

/** Vertical bars in the order of time. At most a few hundred. Cost: linear in the bars. */
export function columnChart(bars: readonly Bar[], options: ChartOptions): string {
  const most = niceTop(Math.max(1, ...bars.map(({ values }) => total(values))));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const wide = Math.max(1, Math.min(48, step * 0.8));
  const columns = bars.map(({ label, values }, index) => {
    const x = round(LEFT + index * step + (step - wide) / 2);
    const parts = segments(values, (COLUMNS_HEIGHT - 10) / most).map(
      ({ at, size, series }) =>
        `<rect class="${options.series[series]?.tone}" x="${x}" y="${round(COLUMNS_HEIGHT - at - size)}" width="${round(wide)}" height="${size}"/>`,
    );
    return `<g><title>${markupText(label)}: ${total(values)}</title>${parts.join("")}</g>`;
  });
  const every = Math.max(1, Math.ceil(bars.length / 6));
  const labels = bars.map(({ label }, index) => {
    if (index % every !== 0) return "";
    const x = round(LEFT + index * step + step / 2);
    return `<text class="label" x="${x}" y="${COLUMNS_HEIGHT + 17}" text-anchor="middle">${markupText(label)}</text>`;
  });
  const lines = [0, most / 2, most].map((value) => {
    const y = round(COLUMNS_HEIGHT - (value * (COLUMNS_HEIGHT - 10)) / most);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}"/><text class="label" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${value.toLocaleString("en-US")}</text>`;
  });
  return svg(COLUMNS_HEIGHT + AXIS, [...lines, ...columns, ...labels].join(""), options);
}

interface Segment {
  readonly at: number;
  readonly size: number;
  readonly series: number;
}

function segments(values: readonly number[], scale: number): readonly Segment[] {
  let before = 0;
  return values.flatMap((value, series) => {
    const at = round(before * scale);
    before += value;
    // What is there is seen, however little it is.
    return value <= 0 ? [] : [{ at, size: Math.max(1, round(before * scale - at)), series }];
  });
}

function svg(height: number, content: string, { title, description, series }: ChartOptions): string {
  const legend = series.map(({ name, tone }) => `<li><span class="swatch ${tone}"></span>${markupText(name)}</li>`);
  const list = series.length < 2 ? "" : `<ul class="legend">${legend.join("")}</ul>`;
  return (
    `<figure><figcaption>${markupText(title)}</figcaption>${list}` +
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${markupText(`${title}. ${description}`)}">` +
    `<title>${markupText(title)}</title><desc>${markupText(description)}</desc>${content}</svg></figure>`
  );
}

/** As it is shown: what is spelt out takes its room too. */
function shortened(raw: string): string {
  const label = visibleLine(raw);
  if (label.length <= LABEL_CHARACTERS) return label;
  const cut = label.slice(0, LABEL_CHARACTERS - 1).replace(/[\ud800-\udbff]$/u, "");
  return `${cut}…`;
}

/** The least of 2, 4, 10, 20, 40, 100, … that is not below: its half is whole too. */
function niceTop(value: number): number {
  for (let power = 1; ; power *= 10) {
    const found = [2, 4, 10].map((factor) => factor * power).find((top) => top >= value);
    if (found !== undefined) return found;
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
