// One HTML page for people: opened from disk, light or dark as they like it, printable, without scripts and without
// anything from elsewhere, which its own policy forbids too.

import { markupText } from "canopy-runtime/forensics";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --faint: #59636e; --page: #fff; --panel: #f6f8fa; --line: #d1d9e0;
  --good: #1a7f37; --caution: #9a6700; --bad: #cf222e; --neutral: #0969da; --caution-fill: #d4a72c; --good-fill: #4ac26b;
  --bad-fill: #e5534b; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --faint: #9198a1; --page: #0d1117; --panel: #161b22;
  --line: #3d444d; --good: #56d364; --caution: #e3b341; --bad: #ff7b72; --neutral: #79c0ff; --caution-fill: #bb8009;
  --good-fill: #2ea043; --bad-fill: #da3633; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
main { max-width: 1100px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 18px; margin: 36px 0 10px; }
p { margin: 6px 0; overflow-wrap: anywhere; } .faint { color: var(--faint); }
.standing { border-left: 4px solid; padding: 2px 0 2px 12px; margin: 8px 0; }
.standing.good { border-color: var(--good); } .standing.bad { border-color: var(--bad); font-weight: 600; }
.standing.unchecked { border-color: var(--caution); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; padding: 0; list-style: none; }
.tiles li { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
.tiles b { display: block; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles .good { color: var(--good); } .tiles .bad { color: var(--bad); } .tiles .caution { color: var(--caution); }
figure { margin: 16px 0; padding: 14px; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
figcaption { font-weight: 600; margin-bottom: 6px; position: sticky; left: 0; }
figure svg { display: block; width: 100%; min-width: 620px; height: auto; font: 12px system-ui, sans-serif; }
figure svg text { fill: var(--text); } figure svg .label { fill: var(--faint); } figure svg .grid { stroke: var(--line); }
rect.good { fill: var(--good-fill); } rect.bad { fill: var(--bad-fill); } rect.caution { fill: var(--caution-fill); }
rect.neutral { fill: var(--neutral); }
.legend { display: flex; gap: 18px; margin: 0 0 6px; padding: 0; list-style: none; font-size: 13px; position: sticky; left: 0; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; background: var(--neutral); }
.swatch.good { background: var(--good-fill); } .swatch.bad { background: var(--bad-fill); } .swatch.caution { background: var(--caution-fill); }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
tr:last-child td { border-bottom: 0; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th { text-align: left; background: var(--panel); position: sticky; top: 0; white-space: nowrap; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 9em; } .n, .t { min-width: 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.n, td.n { text-align: right; }
.ALLOW, .shown, .ok { color: var(--good); font-weight: 600; } .DENY, .error { color: var(--bad); font-weight: 600; }
.REQUIRE_APPROVAL, .partial { color: var(--caution); font-weight: 600; } .insufficient { color: var(--faint); font-weight: 600; }
.shown, .partial, .insufficient, .ALLOW, .DENY, .REQUIRE_APPROVAL { white-space: nowrap; }
@media print { main { padding: 0; max-width: none; } th { position: static; } tr, figure { break-inside: avoid; } }
`;

/**
 * The page with this title and these parts, which are markup: make every text in them inert with `markupText`. `more` are
 * rules for what only this page has.
 */
export function htmlPage(title: string, parts: readonly string[], more: string = ""): string {
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${markupText(title)}</title><style>${STYLE}${more}</style></head><body><main>`,
    ...parts,
    "</main></body></html>",
    "",
  ].join("\n");
}

/** A cell of a table: its text, and how it looks. */
export interface PageCell {
  readonly text: string;
  readonly look?: string;
}

/** A table. Texts are made inert here. The head of a column of numbers stands over them. */
export function pageTable(heads: readonly string[], rows: readonly (readonly PageCell[])[]): string {
  const head = heads
    .map((title, column) => {
      const isNumeric = rows.length > 0 && rows.every((cells) => cells[column]?.look === "n");
      return `<th scope="col"${isNumeric ? ' class="n"' : ""}>${markupText(title)}</th>`;
    })
    .join("");
  const body = rows.map((cells) => `<tr>${cells.map(cellMarkup).join("")}</tr>`);
  return `<div class="wide" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table></div>`;
}

function cellMarkup({ text, look }: PageCell): string {
  return `<td${look === undefined || !LOOK.test(look) ? "" : ` class="${look}"`}>${markupText(text)}</td>`;
}

const LOOK = /^\w+$/u;
