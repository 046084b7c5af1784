import { describe } from "node:test";
import { decides } from "../shell/decisions.fixture.test.ts";

describe("a command in a changed view of the system is found behind the options, however its program is named", () => {
  decides({
    ALLOW: [
      "bwrap --ro-bind /usr /usr --dev /dev --proc /proc bash -c 'ls'",
      "firejail --private=x ls",
      "firejail firefox",
      "proot -S rootfs /bin/cat a",
      "systemd-nspawn -D /srv/c -b",
      "distrobox list",
      "distrobox enter box -- ls",
      "toolbox run ls",
      "toolbox list",
      "toolbox create box",
      "toolbox",
    ],
    REQUIRE_APPROVAL: ["bwrap --bind / / $cmd", "bwrap --args 10 10< f", "firejail $cmd", "distrobox $verb"],
    DENY: [
      "bwrap --bind / / /bin/rm -r /etc/x",
      "bwrap --bind / / -- /bin/rm -r /etc/x",
      "bwrap --overlay a b / --setenv A b rm -r /etc/x",
      "bwrap --dev-bind / / /bin/sh -c 'rm -r /etc/x'",
      "firejail --noprofile /bin/rm -r /etc/x",
      "proot -r / /bin/rm -r /etc/x",
      "proot -b /etc:/etc /bin/rm -r /etc/x",
      "systemd-nspawn -D / /bin/rm -r /etc/x",
      "systemd-nspawn -D / --network-veth /bin/rm -r /etc/x",
      "systemd-nspawn -q --directory / -- /bin/rm -r /etc/x",
      "flatpak-spawn --host /bin/rm -r /etc/x",
      "distrobox enter x -- /bin/rm -r /etc/x",
      "distrobox enter -n x /bin/rm -r /etc/x",
      "toolbox run -c x /bin/rm -r /etc/x",
      "toolbox rm -r /etc/x",
      "toolbox --debug rm -rf /",
      "steam-run /bin/rm -r /etc/x",
    ],
  });
});
