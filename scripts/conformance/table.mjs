// Plain tables for a terminal or a log: columns padded, one rule below the head.

/** Lines of a table with the given head and rows of strings. */
export function table(head, rows) {
  const widths = head.map((cell, column) => Math.max(...[head, ...rows].map((row) => row[column].length), cell.length));
  const line = (cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** A percentage with one digit. */
export function percent(share) {
  return `${share.toFixed(1)} %`;
}
