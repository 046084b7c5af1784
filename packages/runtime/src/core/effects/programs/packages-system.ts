// Package managers of operating systems.

import type { Effect } from "../effect.ts";
import { NOTHING, changesHost, readsSecret, result, writes } from "./describe.ts";
import { has, parseOptions, shape, valuesOf, type Options, type OptionShape } from "./options.ts";
import type { ProgramCall, ProgramRow } from "./program.ts";
import { asksForVerbHelp, harmless, row } from "./rows.ts";
import { wordSet } from "../../word-set.ts";

const INSTALLS =
  /^(install|in|add|upgrade|update|up|update-all|dist-upgrade|full-upgrade|dup|dist-sync|distro-sync|system-upgrade|reinstall|groupinstall|localinstall|build-dep|source-install|downgrade|swap|refresh-install|try|switch|deploy|rebase|si|install-new-recommends|add-repository|addrepo|ar|config-manager|copr|module|patch|override|-i|--install|-U|-F|fix|world|satisfy)$/;
const REMOVES =
  /^(remove|rm|erase|purge|autoremove|uninstall|del|delete|deselect|reset|unmerge|disable|rollback|autopurge|purge-all|-r|-P|--remove|--purge|-e|destroy)$/;

/** A package manager whose first operand is a verb. */
function manager(
  names: string,
  source: string,
  by: OptionShape = shape(
    "cotq",
    "option config-file target-release installroot root releasever enablerepo disablerepo",
    "gnu",
  ),
  system: boolean = true,
): ProgramRow {
  return row(names, source, (call) => {
    if (asksForVerbHelp(call) || onlyShows(call)) return NOTHING;
    const o = parseOptions(call.args, by);
    if (
      (call.name === "brew" && has(o, "n")) ||
      has(o, "s", "simulate", "dry-run", "just-print", "no-act", "recon", "assumeno", "download-only", "downloadonly")
    )
      return NOTHING;
    const verb = o.operands[0]?.value ?? "";
    // For these, updating fetches lists of what there is, and installs nothing.
    if (verb === "update" && LISTS_ONLY.has(call.name) && onlyVerb(o)) return NOTHING;
    const flag = [...o.flags.keys()].find(
      (name) =>
        INSTALLS.test(`-${name}`) ||
        INSTALLS.test(`--${name}`) ||
        REMOVES.test(`-${name}`) ||
        REMOVES.test(`--${name}`),
    );
    return result(managed(call, INSTALLS.test(verb) || REMOVES.test(verb) || flag === undefined ? verb : flag, system));
  });
}

// Settings may name commands to run before and after.
function onlyVerb(o: Options): boolean {
  return o.operands.length === 1 && [...o.flags.keys()].every((name) => /^(?:y|q|qq|yes|quiet|assume-yes)$/.test(name));
}

const LISTS_ONLY: ReadonlySet<string> = wordSet("apt apt-get aptitude nala apk opkg ipkg pkg brew");

// Queries whose options look like those that install: every word must be one that shows, since macros run commands.
function onlyShows(call: ProgramCall): boolean {
  const texts = call.args.map((word) => word.value ?? "");
  if (call.name === "rpm")
    return (
      /^-q[ailRcds]*$/.test(texts[0] ?? "") &&
      texts.slice(1).every((text) => /^(-[ailRcds]+|--(list|info|requires|provides|changelog)|\w[\w.+-]*)$/.test(text))
    );
  if (call.name === "eselect") return texts.length === 2 && /^(?:help|list|show|usage|version)$/.test(texts[1] ?? "");
  return (
    /^dnf5?$/.test(call.name) &&
    texts.length === 2 &&
    ((texts[0] === "config-manager" && texts[1] === "--dump") || texts[1] === "--help-cmd")
  );
}

/** What a verb of a package manager does. */
export function managed(call: ProgramCall, verb: string, system: boolean): Effect[] {
  if (INSTALLS.test(verb) || INSTALLS.test(`-${verb}`) || INSTALLS.test(`--${verb}`))
    return [{ kind: "package.install", via: call.name, manager: call.name, system }];
  if (REMOVES.test(verb) || REMOVES.test(`-${verb}`) || REMOVES.test(`--${verb}`)) {
    return system
      ? changesHost(call, "other", `${call.name} ${verb}`, true)
      : [{ kind: "package.install", via: call.name, manager: call.name, system }];
  }
  return [];
}

/** Rows of package managers of operating systems. */
export const SYSTEM_PACKAGES: readonly ProgramRow[] = [
  manager("apt apt-get aptitude nala apt-fast tasksel", "https://manpages.debian.org/apt-get"),
  manager(
    "yum dnf dnf5 microdnf tdnf zypper urpmi urpme rpm-ostree bootc transactional-update",
    "https://dnf.readthedocs.io/en/latest/command_ref.html",
  ),
  manager(
    "dpkg gdebi rpm alien installpkg upgradepkg removepkg swupd eopkg opkg ipkg xbps-install xbps-remove slackpkg sbopkg pkgin pkg pkg_add pkg_delete",
    "https://manpages.debian.org/dpkg",
    shape("Db", "root admindir instdir prefix"),
  ),
  manager(
    "snap flatpak appman am appimaged winget choco scoop chocolatey ruyi",
    "https://snapcraft.io/docs",
    shape("", "channel arch branch commit"),
  ),
  manager("brew port fink pkgx mas linuxbrew", "https://docs.brew.sh/Manpage", shape(), true),
  manager("apk", "https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper", shape("pXt", "root repository virtual")),
  manager("equo layman eselect cast sorcery", "https://wiki.gentoo.org/wiki/Portage", shape("j", "jobs")),
  row("emerge", "https://wiki.gentoo.org/wiki/Portage", (call) => {
    const o = parseOptions(call.args, shape("j", "jobs load-average with-bdeps color exclude"));
    if (asksForVerbHelp(call) || has(o, "p", "pretend", "s", "search", "S", "searchdesc", "info")) return NOTHING;
    const removes = has(o, "C", "unmerge", "c", "depclean", "P", "prune", "clean");
    if (removes) return result(changesHost(call, "other", "emerge: packages removed", true));
    const acts = o.operands.length > 0 || has(o, "sync", "resume", "config", "regen");
    return acts ? result(managed(call, "install", true)) : NOTHING;
  }),
  row("pacman yay paru pamac pikaur trizen aura pacaur pacstrap", "https://man.archlinux.org/man/pacman.8", (call) => {
    const o = parseOptions(call.args, shape("br", "root dbpath config"));
    const verb = o.operands[0]?.value ?? "";
    if (call.name === "pacstrap" || /^(install|build|upgrade|update|reinstall)$/.test(verb))
      return result(managed(call, "install", true));
    if (has(o, "S", "sync", "U", "upgrade"))
      return has(o, "s", "search", "i", "info", "l", "g", "p", "w") && !has(o, "u", "y")
        ? NOTHING
        : result(managed(call, "install", true));
    return has(o, "R", "remove") || verb === "remove" ? result(managed(call, "remove", true)) : NOTHING;
  }),
  row(
    "nix nix-env nix-shell nixos-rebuild nix-build nix-channel nix-collect-garbage home-manager darwin-rebuild guix nix-store",
    "https://nix.dev/manual/nix/latest/",
    (call) => {
      const o = parseOptions(call.args, shape("IAfpj", "arg argstr file attr profile run command option"));
      const verb = o.operands[0]?.value ?? "";
      const effects: Effect[] = valuesOf(o, "run", "command").flatMap((word) => [
        ...call.run.shell(word.value, call.name),
      ]);
      const second = o.operands[1]?.value ?? "";
      if (
        /^(?:nix-collect-garbage)$/.test(call.name) ||
        (verb === "store" && /^(?:delete|gc)$/.test(second)) ||
        (call.name === "nix-store" && has(o, "delete", "gc")) ||
        (call.name === "guix" && verb === "gc" && !has(o, "list-dead", "list-live"))
      )
        return has(o, "dry-run", "print-dead", "print-roots")
          ? NOTHING
          : result(changesHost(call, "other", `${call.name} ${verb} ${second}`.trim(), true));
      const at = call.args.findIndex((word) => /^(?:-c|--command)$/.test(word.value ?? ""));
      if (call.name === "nix" && at > 0) effects.push(...call.run.words(call.args.slice(at + 1), call.stdin));
      const system = /rebuild|home-manager/.test(call.name) && /^(switch|boot|test|rollback)$/.test(verb);
      const installs =
        system ||
        (call.name === "nix-env" && has(o, "i", "iA", "install", "u", "upgrade", "e", "uninstall")) ||
        /^(profile|pull|install|package|system)$/.test(verb) ||
        (call.name === "nix-channel" && has(o, "add", "update"));
      if (installs) effects.push({ kind: "package.install", via: call.name, manager: call.name, system });
      return result(effects);
    },
  ),
  row(
    "makepkg debuild dpkg-buildpackage rpmbuild mock abuild fpm sbuild pbuilder checkinstall equivs-build",
    "https://man.archlinux.org/man/makepkg.8",
    (call) => {
      const o = parseOptions(call.args, shape("pDr"));
      return has(o, "i", "install") || call.name === "checkinstall" ? result(managed(call, "install", true)) : NOTHING;
    },
  ),
  row(
    "apt-key add-apt-repository apt-add-repository debconf-set-selections apt-mark rpmkeys pacman-key dpkg-divert dpkg-statoverride softwareupdate",
    "https://manpages.debian.org/add-apt-repository",
    (call) => {
      const texts = call.args.map((word) => word.value ?? "");
      if (
        asksForVerbHelp(call) ||
        texts.some((text) =>
          /^(list|showmanual|showauto|showhold|finger|export|-l|--list|--list-keys|--history|--list-sigs|-f)$/.test(
            text,
          ),
        )
      )
        return NOTHING;
      return result([{ kind: "package.install", via: call.name, manager: call.name, system: true }]);
    },
  ),
  row(
    "unattended-upgrade unattended-upgrades do-release-upgrade freebsd-update sysupgrade installer",
    "https://manpages.debian.org/unattended-upgrade",
    (call) => (asksForVerbHelp(call) ? NOTHING : result(managed(call, "install", true))),
  ),
  row("debconf-show", "https://manpages.debian.org/debconf-show", (call) =>
    result(readsSecret(call, "debconf", "debconf")),
  ),
  row("debootstrap mmdebstrap mkosi", "https://manpages.debian.org/debootstrap", (call) => {
    const { operands } = parseOptions(call.args, shape());
    return result(writes(call, operands.slice(1, 2)));
  }),
  harmless(
    "apt-cache apt-file apt-config apt-show-versions apt-rdepends aptly dpkg-query dpkg-deb rpmquery repoquery pacman-conf pactree pkgfile pkg-config pkgconf xbps-query equery qlist debsums checkupdates deborphan popularity-contest apt-listchanges dlocate whatprovides apropos lsb_release pkginfo pkg_info koji rpmlint lintian reprepro",
    "https://manpages.debian.org/apt-cache",
  ),
];
