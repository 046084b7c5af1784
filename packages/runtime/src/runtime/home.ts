// CANOPY_HOME: where keys, heads and the configuration stand. Never in the working folder, which an agent can write to.

import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The home: `CANOPY_HOME`, else the platform's folder for this user's data. Absolute. */
export function homeOf(env: Readonly<Record<string, string | undefined>>, cwd: string): string {
  return resolve(cwd, present(env["CANOPY_HOME"]) ?? defaultHome(env));
}

function defaultHome(env: Readonly<Record<string, string | undefined>>): string {
  const user = homedir();
  if (process.platform === "win32") return join(env["APPDATA"] ?? join(user, "AppData", "Roaming"), "canopy");
  if (process.platform === "darwin") return join(user, "Library", "Application Support", "canopy");
  return join(present(env["XDG_DATA_HOME"]) ?? join(user, ".local", "share"), "canopy");
}

function present(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
