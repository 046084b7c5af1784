// A timeline as a picture: one lane for each agent, entries from left to right in the log's order, the time on an axis.
//
// Entries say whole seconds, and much happens within one: so places follow the order, not the time, and the axis and the
// bands of silence tell how much time lies between. Verdicts differ by shape and by colour. Where there are more entries
// than places, one shape stands for several of a kind and its title says how many.
//
// The picture is a whole SVG 1.1 document without scripts, styles, links or anything from outside; texts of the log are
// clipped and inert.

import { clippedText, markupText } from "./markup-text.ts";
import type { Timeline } from "./timeline.ts";
import type { TimelineRow } from "./timeline-row.ts";

/** How the picture is made. */
export interface PictureOptions {
  /** Words of a point in time, for the axis. */
  readonly timeText: (ms: number) => string;
  /** Words of a span of time. */
  readonly durationText: (ms: number) => string;
  readonly title: string;
}

const LABEL_WIDTH = 190;
const LANE_HEIGHT = 46;
const TOP = 64;
const STEP = 22;
const DENSE_STEP = 12;
const MOST_COLUMNS = 180;
const MOST_LANES = 40;
const LEAST_WIDTH = 760;
const LEGEND_STEP = 132;
/** Shapes of a place that stands for several entries are smaller, and each kind has its height. */
const DENSE_SCALE = 0.62;
const INK = "#24292f";
const FAINT = "#6e7781";

/** The picture. Cost: linear in the rows; its size is bounded by lanes, places and kinds. */
export function timelineSvg(timeline: Timeline, options: PictureOptions): string {
  const lanes = lanesOf(timeline);
  const perColumn = Math.max(1, Math.ceil(timeline.rows.length / MOST_COLUMNS));
  const columns = Math.max(1, Math.ceil(timeline.rows.length / perColumn));
  const step = columns > 60 ? DENSE_STEP : STEP;
  const width = Math.max(LEAST_WIDTH, LABEL_WIDTH + columns * step + 60);
  const height = TOP + lanes.names.length * LANE_HEIGHT + legendRows(width) * 24 + 52;
  const picture: Picture = { timeline, options, lanes, perColumn, step, width, height };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${markupText(options.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" font-size="15" font-weight="bold" fill="${INK}">${markupText(clippedText(options.title, 110))}</text>`,
    ...laneLines(picture),
    ...gapBands(picture),
    ...axisLines(picture),
    ...spawnArrows(picture),
    ...shapes(picture),
    ...legend(picture),
    "</svg>",
    "",
  ].join("\n");
}

interface Picture {
  readonly timeline: Timeline;
  readonly options: PictureOptions;
  readonly lanes: Lanes;
  readonly perColumn: number;
  readonly step: number;
  readonly width: number;
  readonly height: number;
}

interface Lanes {
  readonly names: readonly string[];
  readonly of: (row: TimelineRow) => number;
}

const SHARED = "log, policies, incidents";

// Entries of no agent, or for all, stand in the topmost lane.
function lanesOf({ agents }: Timeline): Lanes {
  const shown = agents.slice(0, MOST_LANES);
  const numbers = new Map(shown.map(({ avid }, index) => [avid, index + 1]));
  const rest = agents.length > MOST_LANES ? [`${agents.length - MOST_LANES} other agents`] : [];
  const names = [SHARED, ...shown.map(({ avid }) => avid), ...rest];
  return {
    names,
    of: ({ avid, kind }) => {
      if (avid === "" || kind === "incident" || kind === "ledger" || kind === "stop") return 0;
      return numbers.get(avid) ?? (rest.length > 0 ? names.length - 1 : 0);
    },
  };
}

function xOf({ perColumn, step }: Picture, position: number): number {
  return LABEL_WIDTH + 20 + Math.floor(position / perColumn) * step;
}

function yOf(lane: number): number {
  return TOP + lane * LANE_HEIGHT + LANE_HEIGHT / 2;
}

function laneLines({ lanes, width }: Picture): readonly string[] {
  return lanes.names.flatMap((name, lane) => [
    lane % 2 === 0
      ? `<rect x="0" y="${TOP + lane * LANE_HEIGHT}" width="${width}" height="${LANE_HEIGHT}" fill="#f6f8fa"/>`
      : "",
    `<line x1="${LABEL_WIDTH}" y1="${yOf(lane)}" x2="${width - 20}" y2="${yOf(lane)}" stroke="#d0d7de"/>`,
    `<text x="12" y="${yOf(lane) + 4}" fill="${INK}"><title>${markupText(clippedText(name, 500))}</title>${markupText(clippedText(name, 26))}</text>`,
  ]);
}

function gapBands(picture: Picture): readonly string[] {
  const { timeline, options, lanes, step } = picture;
  const bottom = lanes.names.length * LANE_HEIGHT;
  return timeline.rows.flatMap((row, position) => {
    if (row.kind !== "silence" && row.kind !== "clock") return [];
    const x = xOf(picture, position) - step / 2;
    const words =
      row.kind === "silence"
        ? `${options.durationText(row.duration_ms ?? 0)} without entries`
        : `the clock went back ${options.durationText(row.duration_ms ?? 0)}`;
    const fill = row.kind === "silence" ? "#d8dee4" : "#ffd8b5";
    return [
      `<rect x="${x}" y="${TOP}" width="${Math.max(2, step - 2)}" height="${bottom}" fill="${fill}"><title>${words}</title></rect>`,
    ];
  });
}

function axisLines(picture: Picture): readonly string[] {
  const { timeline, options, width } = picture;
  const lines = [`<line x1="${LABEL_WIDTH}" y1="${TOP - 8}" x2="${width - 20}" y2="${TOP - 8}" stroke="${FAINT}"/>`];
  let free = 0;
  timeline.rows.forEach((row, position) => {
    if (row.at_ms === null || row.index === null) return;
    const x = xOf(picture, position);
    if (x < free || x + 130 > width) return;
    free = x + 150;
    lines.push(
      `<line x1="${x}" y1="${TOP - 12}" x2="${x}" y2="${TOP - 4}" stroke="${FAINT}"/>`,
      `<text x="${x}" y="${TOP - 16}" fill="${FAINT}" font-size="11">${markupText(options.timeText(row.at_ms))}</text>`,
    );
  });
  return lines;
}

function spawnArrows(picture: Picture): readonly string[] {
  const { timeline, lanes } = picture;
  const newest = new Map<string, number>();
  const arrows: string[] = [];
  timeline.rows.forEach((row, position) => {
    if (row.marks.includes("spawned_agent")) {
      const parent = timeline.agents.find(({ avid }) => avid === row.avid)?.spawned_by ?? null;
      const from = parent === null ? undefined : newest.get(parent);
      const spawner = from === undefined ? undefined : timeline.rows[from];
      if (from !== undefined && spawner !== undefined) {
        const start = `${xOf(picture, from)} ${yOf(lanes.of(spawner))}`;
        const end = `${xOf(picture, position)} ${yOf(lanes.of(row))}`;
        arrows.push(
          `<path d="M ${start} L ${end}" stroke="${FAINT}" stroke-width="1.5" stroke-dasharray="4 3" fill="none"><title>spawned before: told by order and trace, not by name</title></path>`,
        );
      }
    }
    if (row.marks.includes("spawns_agent")) newest.set(row.avid, position);
  });
  return arrows;
}

function legendRows(width: number): number {
  return Math.ceil(Object.keys(LOOKS).length / Math.floor((width - 24) / LEGEND_STEP));
}

/** What stands at one place: rows of one lane and one look. */
interface Spot {
  readonly x: number;
  readonly y: number;
  readonly look: Look;
  readonly ringed: boolean;
  readonly first: TimelineRow;
  count: number;
}

function shapes(picture: Picture): readonly string[] {
  const spots = new Map<string, Spot>();
  picture.timeline.rows.forEach((row, position) => {
    if (row.index === null) return;
    const look = lookOf(row);
    const ringed = row.marks.some((mark) => RINGED.has(mark));
    const x = xOf(picture, position);
    const y = yOf(picture.lanes.of(row)) + (picture.perColumn > 1 ? look.dense : 0);
    const key = `${x} ${y} ${look.name} ${ringed}`;
    const spot = spots.get(key);
    if (spot === undefined) spots.set(key, { x, y, look, ringed, first: row, count: 1 });
    else spot.count += 1;
  });
  return [...spots.values()].map(({ x, y, look, ringed, first, count }) => {
    const more = count > 1 ? ` and ${count - 1} more of its kind` : "";
    const words = [first.what, first.action_type, first.reason, ...first.marks].filter((word) => word !== "");
    const title = `<title>${markupText(clippedText(words.join(" · "), 300))}${more}</title>`;
    const scale = picture.step < STEP ? ` scale(${DENSE_SCALE})` : "";
    return `<g transform="translate(${x} ${y})${scale}">${title}${ringed ? RING : ""}${look.draw(0, 0)}</g>`;
  });
}

const RING = `<circle cx="0" cy="0" r="11" fill="none" stroke="#cf222e" stroke-width="1.5" stroke-dasharray="3 2"/>`;

const RINGED: ReadonlySet<TimelineRow["marks"][number]> = new Set([
  "no_result",
  "past_expiry",
  "no_authorization",
  "unverified",
]);

interface Look {
  readonly name: string;
  /** How far from a lane's middle it stands where a place stands for several entries. */
  readonly dense: number;
  readonly draw: (x: number, y: number) => string;
}

const polygon =
  (points: readonly (readonly [number, number])[], color: string) =>
  (x: number, y: number): string =>
    `<polygon points="${points.map(([dx, dy]) => `${x + dx},${y + dy}`).join(" ")}" fill="${color}"/>`;

const stroke =
  (path: string, color: string) =>
  (x: number, y: number): string =>
    `<path transform="translate(${x} ${y})" d="${path}" stroke="${color}" stroke-width="2.4" fill="none"/>`;

const CROSS = "M -5 -5 L 5 5 M -5 5 L 5 -5";
const SQUARE = "M -6 -6 H 6 V 6 H -6 Z";

const LOOKS = {
  ALLOW: { name: "allowed", dense: 0, draw: (x, y) => `<circle cx="${x}" cy="${y}" r="6" fill="#1a7f37"/>` },
  DENY: { name: "denied", dense: -15, draw: stroke(`${SQUARE} M -6 -6 L 6 6 M -6 6 L 6 -6`, "#cf222e") },
  REQUIRE_APPROVAL: {
    name: "asked",
    dense: -7.5,
    draw: polygon(
      [
        [0, -8],
        [8, 0],
        [0, 8],
        [-8, 0],
      ],
      "#bf8700",
    ),
  },
  APPROVED: {
    name: "approved",
    dense: 0,
    draw: polygon(
      [
        [0, -7],
        [7, 6],
        [-7, 6],
      ],
      "#1a7f37",
    ),
  },
  REJECTED: {
    name: "rejected",
    dense: -15,
    draw: polygon(
      [
        [0, 7],
        [7, -6],
        [-7, -6],
      ],
      "#cf222e",
    ),
  },
  start: { name: "begun", dense: 7.5, draw: stroke("M -4 -6 L 4 0 L -4 6", "#0969da") },
  done: { name: "result", dense: 15, draw: stroke("M -6 0 L -1 5 L 6 -5", "#0969da") },
  failed: { name: "failed", dense: -15, draw: stroke(CROSS, "#cf222e") },
  unknown: { name: "outcome unknown", dense: 15, draw: stroke("M -6 0 H 6", "#cf222e") },
  incident: { name: "incident", dense: 0, draw: stroke("M -4 9 V -8 L 6 -4 L -4 0", "#8250df") },
  stop: {
    name: "kill switch",
    dense: -7.5,
    draw: polygon(
      [
        [-3, -8],
        [3, -8],
        [8, -3],
        [8, 3],
        [3, 8],
        [-3, 8],
        [-8, 3],
        [-8, -3],
      ],
      "#82071e",
    ),
  },
  other: { name: "other entry", dense: 7.5, draw: stroke("M -4 -4 H 4 V 4 H -4 Z", FAINT) },
} as const satisfies Readonly<Record<string, Look>>;

function lookOf({ kind, what }: TimelineRow): Look {
  switch (kind) {
    case "decision":
      return what === "ALLOW" ? LOOKS.ALLOW : what === "REQUIRE_APPROVAL" ? LOOKS.REQUIRE_APPROVAL : LOOKS.DENY;
    case "approval":
      return what === "APPROVED" ? LOOKS.APPROVED : LOOKS.REJECTED;
    case "start":
      return LOOKS.start;
    case "result":
      return what === "failed" ? LOOKS.failed : what === "ended, unknown" ? LOOKS.unknown : LOOKS.done;
    case "incident":
      return LOOKS.incident;
    case "stop":
      return LOOKS.stop;
    case "policy":
    case "ledger":
    case "other":
    case "unreadable":
    case "silence":
    case "clock":
      return LOOKS.other;
    default:
      return kind satisfies never;
  }
}

function legend({ lanes, width }: Picture): readonly string[] {
  const top = TOP + lanes.names.length * LANE_HEIGHT + 26;
  // Two lines: the narrowest picture shows the whole of each.
  const note = (text: string, line: number): string =>
    `<text x="24" y="${top + legendRows(width) * 24 + 4 + line * 16}" fill="${FAINT}" font-size="11">${text}</text>`;
  const perRow = Math.floor((width - 24) / LEGEND_STEP);
  const looks: readonly Look[] = Object.values(LOOKS);
  return [
    ...looks.map(({ name, draw }, index) => {
      const x = 24 + (index % perRow) * LEGEND_STEP;
      const y = top + Math.floor(index / perRow) * 24;
      return `<g>${draw(x, y)}<text x="${x + 14}" y="${y + 4}" fill="${INK}">${name}</text></g>`;
    }),
    note("in the log's order · dashed ring: something is wrong or missing · grey band: no entries", 0),
    note("orange band: the clock went back · calls that never came to Canopy are not in any log", 1),
  ];
}
