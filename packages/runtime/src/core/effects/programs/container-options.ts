// How the options of programs that run containers are written.

import { shape, type OptionShape } from "./options.ts";

/** Options before the verb of `docker` and what is called like it. */
export const DOCKER_GLOBAL: OptionShape = shape(
  "Hlc",
  "host log-level context config namespace address url connection identity root file project-name env-file profile project-directory",
  "posix",
);
/** Options of `run`, `create` and `exec`. */
export const DOCKER_RUN: OptionShape = shape(
  "aceghlmpuvw",
  "attach add-host annotation cap-add cap-drop cgroup-parent cidfile cpus cpuset-cpus device dns entrypoint env env-file expose gpus group-add health-cmd hostname ip ipc isolation label link log-driver log-opt mac-address memory mount name net network network-alias pid pids-limit platform publish pull restart runtime security-opt shm-size stop-signal stop-timeout sysctl tmpfs ulimit user userns uts volume volume-driver volumes-from workdir detach-keys storage-opt",
  "posix",
);
