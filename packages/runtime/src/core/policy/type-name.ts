// Names of action types as rules and actions are brought together by.

/** A type's name without the differences that mean nothing: case, spaces around, separators, compatibility forms. */
export function canonicalTypeName(name: string): string {
  return name
    .normalize("NFKC")
    .trim()
    .toLowerCase()
    .replaceAll(/[\s.:/-]+/g, "_");
}
