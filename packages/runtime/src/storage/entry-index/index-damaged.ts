// The files of the index are not what they must be. They are caches: whoever meets this makes them anew from the log.

/** Thrown when a file of the index is missing, cut or changed. */
export class IndexDamaged extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "IndexDamaged";
  }
}
