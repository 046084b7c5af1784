// What effects are read against: the few facts of the place where the action would run.

/** The place where an action would run. Plain data, so that the same action and surroundings give the same effects everywhere. */
export interface Surroundings {
  /** Absolute POSIX path of the working folder, or null when it is not known (paths then stay relative to it). */
  readonly cwd: string | null;
  /** Absolute POSIX path of the user's home, or null (`~` then stays symbolic). */
  readonly home: string | null;
  /** Absolute paths of governance files and folders known to be in force (log, sidecar, home, policy, package). */
  readonly governance: readonly string[];
  /** Real paths of paths that pass through links, gathered by the shell: normalised path → real path. */
  readonly links: Readonly<Record<string, string>>;
  /**
   * Links that the command itself makes, as it is read: normalised path → where it leads. They may also fail to be made,
   * so a path through one is judged both ways, and the worse one counts. Absent: none.
   */
  readonly made?: Readonly<Record<string, string>>;
  /**
   * Where a shell has moved to by `cd`, when it is no longer in `cwd`: absolute, `~/…`, or `./…` relative to an unknown `cwd`.
   * Null when it moved somewhere that can't be known: every relative path is then unresolved. Absent: still in `cwd`.
   * Relative paths start here; zones are still judged against `cwd`.
   */
  readonly folder?: string | null;
}

/** Nothing known: paths stay relative, nothing is known to be in force. */
export const NO_SURROUNDINGS: Surroundings = { cwd: null, home: null, governance: [], links: {} };
