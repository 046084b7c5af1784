// What makes a false positive of 0.4.2 a proven one: properties of every effect, not of the text.

/** Whether an effect of this kind was derived. */
export function hasEffect({ effects }, kind) {
  return effects.some((effect) => effect.kind === kind);
}

/**
 * Whether a command does nothing but run programs, read what is no secret, write, move or delete known places strictly
 * inside the working folder or a temporary one, set a plain mode, or stop one named process.
 */
export function isOwnWork({ effects }) {
  return effects.every(isOwn);
}

const MODE_ZONES = ["inside", "cwd", "temp", "in_home", "outside"];

function isOwn(effect) {
  switch (effect.kind) {
    case "exec.program":
      return true;
    case "fs.read":
      return effect.target.secret === null && effect.target.zone !== "device";
    case "fs.write":
    case "fs.delete":
      return isOwnPlace(effect.target);
    case "fs.permission":
      return effect.change === "other" && MODE_ZONES.includes(effect.target.zone);
    case "process.kill":
      return effect.scope === "one";
    default:
      return false;
  }
}

function isOwnPlace({ zone, secret, governance, persistence }) {
  const isOwnZone = ["inside", "temp", "null_device"].includes(zone);
  return isOwnZone && secret === null && governance === null && persistence === null;
}

/** Whether every changed path lies under one of the case's safe paths, and none holds a secret. */
export function staysInSafePaths({ agent_ctx }, { effects }) {
  const safe = (agent_ctx.safe_paths ?? []).map((path) => path.replace(/\/$/, ""));
  const changed = effects.filter(({ kind }) => kind === "fs.write" || kind === "fs.delete");
  return (
    changed.length > 0 &&
    changed.every(({ target }) => target.secret === null && safe.some((path) => target.path?.startsWith(`${path}/`)))
  );
}

/** Whether the context grants this very action, in another letter case or with outer spaces. */
export function isGrantedByName({ agent_ctx, action_type }) {
  const granted = agent_ctx.physical_actions;
  const name = fold(action_type);
  return Array.isArray(granted) && granted.some((item) => fold(item) === name);
}

function fold(name) {
  return String(name).trim().toLowerCase();
}
