// What a pattern may stand for: matching one pattern segment against known names, so that `/e*` and `~/.s?h` are
// judged by the protected places they reach.

/** Whether a text holds pattern characters. */
export function hasPattern(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 42 || code === 63 || code === 91) return true;
  }
  return false;
}

/** Whether a pattern segment stands for (nearly) every name: `*`, `.*`, `**`, `?*`, `*.*`, `.[!.]*`. */
export function isEverything(segment: string): boolean {
  if (!segment.includes("*")) return false;
  const rest = segment.replaceAll(/\[[!^]?\.\]/g, "");
  for (const unit of rest) if (unit !== "*" && unit !== "?" && unit !== ".") return false;
  return true;
}

/** How many characters of a segment are not pattern characters. */
export function literalCount(segment: string): number {
  let count = 0;
  for (const unit of segment) if (unit !== "*" && unit !== "?") count += 1;
  return count;
}

/**
 * Whether a pattern segment matches a name, as shells do it: a leading `.` must be written out.
 *
 * Cost: at most pattern × name steps; both are short.
 */
export function matchesSegment(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let at = 0;
  let from = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const step = from < pattern.length ? stepLength(pattern, from, name.charAt(at)) : 0;
    if (step > 0) {
      from += step;
      at += 1;
    } else if (pattern.charAt(from) === "*") {
      star = from;
      starAt = at;
      from += 1;
    } else if (star >= 0) {
      from = star + 1;
      starAt += 1;
      at = starAt;
    } else return false;
  }
  while (pattern.charAt(from) === "*") from += 1;
  return from === pattern.length;
}

// How many pattern characters one name character uses up; 0 when it does not match here.
function stepLength(pattern: string, from: number, unit: string): number {
  const head = pattern.charAt(from);
  if (head === "*") return 0;
  if (head === "?") return 1;
  if (head !== "[") return head === unit ? 1 : 0;
  const close = pattern.indexOf("]", from + 2);
  if (close < 0) return head === unit ? 1 : 0;
  return inSet(pattern.slice(from + 1, close), unit) ? close - from + 1 : 0;
}

function inSet(set: string, unit: string): boolean {
  const negated = set.startsWith("!") || set.startsWith("^");
  const body = negated ? set.slice(1) : set;
  if (body.startsWith("[:")) return !negated;
  let found = false;
  for (let index = 0; index < body.length; index += 1) {
    if (body.charAt(index + 1) === "-" && index + 2 < body.length) {
      found ||= unit >= body.charAt(index) && unit <= body.charAt(index + 2);
      index += 2;
    } else found ||= body.charAt(index) === unit;
  }
  return found !== negated;
}

/** Whether a pattern path matches a path, segment by segment; both have the same number of segments. */
export function matchesPath(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length && pattern.every((segment, index) => matchesSegment(segment, path[index] ?? ""))
  );
}
