// A host's name in ASCII. URL parsers map the letters of other scripts by tables that change from one version of Node to
// the next, and disagree about which `xn--` labels are names: so neither goes to them. What is left, plain ASCII, every
// version reads alike.

import punycode from "punycode/punycode.js";

/** Read as dots in host names, though no normal form says so of the first. */
const STOPS = /[\u3002\uff0e\uff61]/gu;
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;
/** What no host's name may hold, in any script. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\0- #%/:<>?@[\\\]^|\x7f]/;
const LETTERS = /^[\p{L}\p{M}\p{N}\p{S}_-]+$/u;

/**
 * A host as its address or name goes over the wire: lower case, addresses in canonical form, IPv6 in brackets; null when it
 * is neither.
 *
 * Compatible forms are folded (NFKC), what is never seen is dropped, labels in other scripts are written as `xn--` labels.
 * Not all of UTS 46 is checked: which letters it forbids, and the order of those written from right to left, changes with
 * its version. A name that it would refuse is one that no resolver knows.
 *
 * @param name without user, port and path.
 * @see RFC 3492; WHATWG URL §3.5 (host parsing)
 */
export function asciiHost(name: string): string | null {
  const text = isPlainAscii(name) ? name : folded(name);
  if (text === null || /[/\\?#@]/.test(text)) return null;
  if (isPlainAscii(text)) return parsed(text);
  if (FORBIDDEN.test(text)) return null;
  const labels = text.split(".");
  if (isNumber(labels.findLast((label) => label !== "") ?? "")) return null;
  const written = labels.map(asciiLabel);
  return written.includes(null) ? null : written.join(".");
}

// Nothing in it that one version of a URL parser reads in another way than the next.
function isPlainAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 126 || code === 37) return false;
  }
  return !/(?:^|\.)xn--/i.test(text);
}

function folded(name: string): string | null {
  let text = name;
  if (name.includes("%")) {
    try {
      text = decodeURIComponent(name);
    } catch {
      return null;
    }
  }
  const visible = text.replaceAll(IGNORED, "").normalize("NFKC").replaceAll(STOPS, ".");
  // Letter by letter: what a letter becomes must not depend on its neighbours.
  const small = Array.from(visible, (letter) => letter.toLowerCase()).join("");
  return small.normalize("NFKC");
}

function parsed(text: string): string | null {
  const url = `http://${text}/`;
  return URL.canParse(url) ? new URL(url).hostname : null;
}

// A host that ends in a number is an address or nothing, in whichever digits it is written.
function isNumber(label: string): boolean {
  return /^(?:\p{Nd}+|0x[0-9a-f]*)$/u.test(label);
}

function asciiLabel(label: string): string | null {
  // oxlint-disable-next-line no-control-regex
  if (/^[\0-\x7f]*$/.test(label)) return label;
  if (!LETTERS.test(label)) return null;
  return `xn--${punycode.encode(label)}`;
}
