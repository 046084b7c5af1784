// Which paths are read and run at start-up, login, or on events, so that a write there arranges for code to run later.
// Data: places as the programs that read them document them. The path comes lower-cased and normalised.

/** Files that are read under this name in a home folder, or wherever they stand. */
const STARTUP_FILES: ReadonlyMap<string, string> = new Map([
  [".bashrc", "shell_rc"],
  [".bash_profile", "shell_rc"],
  [".bash_login", "shell_rc"],
  [".bash_logout", "shell_rc"],
  [".bash_aliases", "shell_rc"],
  [".profile", "shell_rc"],
  [".zshrc", "shell_rc"],
  [".zshenv", "shell_rc"],
  [".zprofile", "shell_rc"],
  [".zlogin", "shell_rc"],
  [".zlogout", "shell_rc"],
  [".kshrc", "shell_rc"],
  [".cshrc", "shell_rc"],
  [".tcshrc", "shell_rc"],
  [".login", "shell_rc"],
  [".inputrc", "shell_rc"],
  [".pam_environment", "login_environment"],
  [".xinitrc", "session_start"],
  [".xprofile", "session_start"],
  [".xsession", "session_start"],
  [".xsessionrc", "session_start"],
  [".vimrc", "editor_start"],
  [".gdbinit", "editor_start"],
  [".emacs", "editor_start"],
  [".pythonrc", "python_start"],
  ["sitecustomize.py", "python_start"],
  ["usercustomize.py", "python_start"],
  [".gitconfig", "git_config"],
  [".mailcap", "mail_handler"],
  [".forward", "mail_handler"],
  [".procmailrc", "mail_handler"],
  ["authorized_keys", "authorized_keys"],
  ["authorized_keys2", "authorized_keys"],
  ["crontab", "cron"],
  ["ld.so.preload", "loader"],
  ["ld.so.conf", "loader"],
  ["rc.local", "boot_script"],
  ["inittab", "boot_script"],
  ["sudoers", "sudoers"],
  ["doas.conf", "sudoers"],
  ["bash.bashrc", "shell_rc"],
  ["sshrc", "ssh_login"],
  ["microsoft.powershell_profile.ps1", "shell_rc"],
]);

/** Parts of absolute paths: everything at or below is such a place. Each begins and ends at a segment. */
const STARTUP_FOLDERS: readonly (readonly [string, string])[] = [
  ["/.git/hooks", "git_hook"],
  ["/.husky", "git_hook"],
  ["/.config/autostart", "autostart"],
  ["/.config/systemd", "systemd"],
  ["/.local/share/systemd", "systemd"],
  ["/.config/fish", "shell_rc"],
  ["/.config/environment.d", "login_environment"],
  ["/.config/nvim", "editor_start"],
  ["/.ssh/rc", "ssh_login"],
  ["/.ssh/config", "ssh_config"],
  ["/.ssh/config.d", "ssh_config"],
  ["/.ssh/environment", "ssh_login"],
  ["/launchagents", "launch_agent"],
  ["/launchdaemons", "launch_agent"],
  ["/startupitems", "launch_agent"],
  ["/start menu/programs/startup", "autostart"],
  ["/.claude/hooks", "agent_hook"],
  ["/.claude/settings.json", "agent_hook"],
  ["/.claude/settings.local.json", "agent_hook"],
  ["/.cursor/hooks.json", "agent_hook"],
  ["/.codex/config.toml", "agent_hook"],
  ["/.git/config", "git_config"],
];

/** Absolute places of the system. */
const SYSTEM_STARTUP: readonly (readonly [string, string])[] = [
  ["/etc/cron", "cron"],
  ["/etc/anacrontab", "cron"],
  ["/etc/at.allow", "cron"],
  ["/etc/at.deny", "cron"],
  ["/var/spool/cron", "cron"],
  ["/var/spool/at", "cron"],
  ["/var/cron", "cron"],
  ["/etc/systemd", "systemd"],
  ["/lib/systemd", "systemd"],
  ["/usr/lib/systemd", "systemd"],
  ["/usr/local/lib/systemd", "systemd"],
  ["/run/systemd", "systemd"],
  ["/etc/init.d", "boot_script"],
  ["/etc/init", "boot_script"],
  ["/etc/rc", "boot_script"],
  ["/etc/runit", "boot_script"],
  ["/etc/sv", "boot_script"],
  ["/etc/ld.so.conf.d", "loader"],
  ["/etc/pam.d", "pam"],
  ["/etc/pam.conf", "pam"],
  ["/lib/security", "pam"],
  ["/lib64/security", "pam"],
  ["/usr/lib/security", "pam"],
  ["/etc/profile", "shell_rc"],
  ["/etc/zsh", "shell_rc"],
  ["/etc/bashrc", "shell_rc"],
  ["/etc/fish", "shell_rc"],
  ["/etc/skel", "shell_rc"],
  ["/etc/environment", "login_environment"],
  ["/etc/sudoers.d", "sudoers"],
  ["/etc/polkit-1", "sudoers"],
  ["/etc/udev/rules.d", "udev"],
  ["/lib/udev/rules.d", "udev"],
  ["/etc/modules", "kernel_module"],
  ["/etc/modprobe.d", "kernel_module"],
  ["/lib/modules", "kernel_module"],
  ["/etc/xdg/autostart", "autostart"],
  ["/etc/update-motd.d", "login_environment"],
  ["/etc/apt/apt.conf.d", "package_hook"],
  ["/etc/yum/pluginconf.d", "package_hook"],
  ["/etc/networkmanager/dispatcher.d", "network_hook"],
  ["/etc/network", "network_hook"],
  ["/etc/kernel", "kernel_module"],
  ["/etc/initramfs-tools", "boot_script"],
  ["/etc/logrotate.d", "cron"],
  ["/boot/", "boot_script"],
  ["/proc/sys/kernel/core_pattern", "kernel_handler"],
  ["/proc/sys/kernel/modprobe", "kernel_handler"],
  ["/proc/sys/fs/binfmt_misc", "kernel_handler"],
];

/**
 * What running code reads a path at start-up, login or on events, or null.
 *
 * @param path normalised and lower-cased: `/…`, `~/…`, `./…` or `c:/…`.
 */
export function persistenceAt(path: string): string | null {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const named = STARTUP_FILES.get(base);
  if (named !== undefined) return named;
  if (path.startsWith("/")) {
    const kind = systemStartup(path);
    if (kind !== null) return kind;
  }
  return hiddenStartup(path, base);
}

// `/etc/cron` and `/etc/rc` stand for families (`cron.daily`, `rc3.d`), so these match by the beginning of a name.
function systemStartup(path: string): string | null {
  for (const [place, kind] of SYSTEM_STARTUP) {
    if (path.startsWith(place)) return kind;
  }
  return null;
}

function hiddenStartup(path: string, base: string): string | null {
  if (base.endsWith(".sample") || !mayHoldStartup(path)) return null;
  for (const [folder, kind] of STARTUP_FOLDERS) {
    const at = path.indexOf(folder);
    if (at < 0) continue;
    const end = at + folder.length;
    if (end === path.length || path.charAt(end) === "/") return kind;
  }
  if (base.endsWith(".pth") && path.includes("-packages/")) return "python_start";
  return null;
}

function mayHoldStartup(path: string): boolean {
  return path.includes("/.") || path.includes("launch") || path.includes("startup") || path.endsWith(".pth");
}
