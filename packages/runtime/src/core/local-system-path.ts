// The parts of the system's folders that administrators fill by hand: not the agent's, but no catastrophe either.

const LOCAL = /^\/usr\/(?:local|src|ports|pkg|games)(?:\/|$)/i;

/** Whether a path lies in `/usr/local` and its like: what is changed there asks, where the rest of the system is denied. */
export function isLocalSystemPath(path: string | null): boolean {
  return path !== null && LOCAL.test(path);
}
