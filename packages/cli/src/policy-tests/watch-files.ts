// Told when files change: editors write in bursts and by renaming, so folders are watched, and a burst is told once.

import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** How long nothing may happen before a burst of changes is told. */
const QUIET_MS = 100;

/**
 * Wait until one of these files (absolute paths) changes, is made or is removed. A folder that can't be watched is
 * left out. Never resolves when nothing changes.
 */
export function changeIn(paths: readonly string[]): Promise<void> {
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | null = null;
    const watchers = folders.flatMap((folder) => {
      const names = new Set(paths.filter((path) => dirname(path) === folder).map((path) => basename(path)));
      const told = (_event: string, name: string | null): void => {
        if (name !== null && !names.has(name)) return;
        if (timer !== null) clearTimeout(timer);
        timer = setTimeout(() => {
          for (const watcher of watchers) watcher.close();
          resolve();
        }, QUIET_MS);
      };
      return tryWatch(folder, told);
    });
  });
}

function tryWatch(
  folder: string,
  told: (event: string, name: string | null) => void,
): readonly ReturnType<typeof watch>[] {
  try {
    return [watch(folder, told)];
  } catch {
    return [];
  }
}
