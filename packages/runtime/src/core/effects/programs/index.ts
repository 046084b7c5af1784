// The table of known programs. Each family lists its rows; a name stands in one row only.

import { COPYING } from "./files-copy.ts";
import { DELETING } from "./files-delete.ts";
import { FINDING } from "./finding.ts";
import { PATCHES } from "./patches.ts";
import { PERMISSIONS } from "./permissions.ts";
import { PRIVILEGES } from "./privileges.ts";
import { ALSO_RUNS } from "./also-runs.ts";
import { ARCHIVES } from "./archives.ts";
import { DISKS } from "./disks.ts";
import { HOST_SETTINGS } from "./host-settings.ts";
import { HTTP_CLIENTS } from "./network-http.ts";
import { SOCKETS } from "./network-sockets.ts";
import { REMOTE } from "./network-remote.ts";
import { LANGUAGE_PACKAGES } from "./packages-language.ts";
import { SYSTEM_PACKAGES } from "./packages-system.ts";
import { PROCESSES } from "./processes.ts";
import { VERSION_CONTROL } from "./git.ts";
import { CONTAINERS } from "./containers.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { MACHINES } from "./machines.ts";
import { CLUSTERS } from "./clusters.ts";
import { CLOUD } from "./cloud.ts";
import { HOSTING } from "./hosting.ts";
import { DATABASE_CLIENTS } from "./database-clients.ts";
import { BUILDING } from "./building.ts";
import { DATABASES } from "./databases.ts";
import { MULTIPLEXERS } from "./multiplexers.ts";
import { MIGRATIONS } from "./migrations.ts";
import { HOST_TOOLS } from "./host-tools.ts";
import { SECRET_STORES } from "./secret-stores.ts";
import { OUTSIDE_WORLD } from "./outside-world.ts";
import { CANOPY } from "./canopy.ts";
import { INTERPRETERS } from "./interpreters.ts";
import { BATCH_PROGRAMS } from "./batch-programs.ts";
import { DEBUGGERS } from "./debuggers.ts";
import { ESCAPING } from "./escaping.ts";
import { HARMLESS } from "./harmless.ts";
import { LINE_COMMANDS } from "./line-commands.ts";
import { STARTING } from "./starting.ts";
import { MACOS, WINDOWS } from "./other-systems.ts";
import type { ProgramRow } from "./program.ts";
import { READING } from "./reading.ts";
import { RUNNING_MANY } from "./running-many.ts";
import { SANDBOXES } from "./sandboxes.ts";
import { SHELLS } from "./shells.ts";
import { TEXT_TOOLS } from "./text-tools.ts";
import { WRAPPING } from "./wrapping.ts";

/** All rows, in the order of the families. */
export const PROGRAM_ROWS: readonly ProgramRow[] = [
  ...COPYING,
  ...PATCHES,
  ...MACOS,
  ...WINDOWS,
  ...HARMLESS,
  ...BUILDING,
  ...ESCAPING,
  ...DEBUGGERS,
  ...BATCH_PROGRAMS,
  ...LINE_COMMANDS,
  ...STARTING,
  ...INTERPRETERS,
  ...CANOPY,
  ...OUTSIDE_WORLD,
  ...SECRET_STORES,
  ...DATABASES,
  ...DATABASE_CLIENTS,
  ...MIGRATIONS,
  ...HOST_TOOLS,
  ...CLOUD,
  ...CLUSTERS,
  ...HOSTING,
  ...CONTAINERS,
  ...KUBERNETES,
  ...MACHINES,
  ...VERSION_CONTROL,
  ...PROCESSES,
  ...SYSTEM_PACKAGES,
  ...LANGUAGE_PACKAGES,
  ...REMOTE,
  ...SOCKETS,
  ...HTTP_CLIENTS,
  ...HOST_SETTINGS,
  ...DISKS,
  ...ARCHIVES,
  ...DELETING,
  ...FINDING,
  ...PERMISSIONS,
  ...PRIVILEGES,
  ...READING,
  ...RUNNING_MANY,
  ...SANDBOXES,
  ...MULTIPLEXERS,
  ...SHELLS,
  ...TEXT_TOOLS,
  ...WRAPPING,
];

const BY_NAME: ReadonlyMap<string, ProgramRow> = new Map(
  PROGRAM_ROWS.flatMap((row) => row.names.map((name): [string, ProgramRow] => [name, completed(name, row)])),
);

/** A row with what its program also runs by an option or a word. */
function completed(name: string, row: ProgramRow): ProgramRow {
  const more = ALSO_RUNS.get(name);
  if (more === undefined) return row;
  return {
    ...row,
    effects: (call) => {
      const effects = more(call);
      const own = row.effects(call);
      return effects.length === 0 ? own : { ...own, effects: [...own.effects, ...effects] };
    },
  };
}

/** The row of a program by its base name, or null when nothing is known of it. `python3.12` is found as `python3`. */
export function findProgram(name: string): ProgramRow | null {
  const row = BY_NAME.get(name);
  if (row !== undefined) return row;
  const plain = plainName(name);
  return plain === name ? null : (BY_NAME.get(plain) ?? null);
}

/** A name without `.exe`, letter case (then only) and trailing version (`gcc-12`, `python3.12`). */
function plainName(name: string): string {
  if (/\.(exe|com|cmd|bat)$/i.test(name)) return name.slice(0, -4).toLowerCase();
  const end = name.search(/[-.]?\d+(\.\d+)*$/);
  return end > 1 ? name.slice(0, end) : name;
}
