// Sizes as programs write them: `100G`, `1MiB`, `4096`.

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 512,
  w: 2,
  c: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
};

/** Bytes of a size with an optional unit (powers of 1024), or null when it is none. */
export function bytesOf(text: string | null | undefined): number | null {
  const [, digits, unit = ""] = /^(\d{1,15})(b|w|c|[kmgtp])?(?:i?b)?$/i.exec(text ?? "") ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** The same for factors with an `x` between them: `32x2`, `1Gx64`. */
export function factorsOf(text: string | null | undefined): number | null {
  let product = 1;
  for (const factor of (text ?? "").split("x", MAX_FACTORS)) {
    const bytes = bytesOf(factor);
    if (bytes === null) return null;
    product *= bytes;
  }
  return product;
}

const MAX_FACTORS = 16;

/** What is no work file any more, but a disk that fills up: 32 GiB. */
export const FILLING_BYTES: number = 32 * 2 ** 30;
