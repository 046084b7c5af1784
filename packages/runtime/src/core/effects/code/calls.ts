// What calls of the standard libraries do: one table for each language, from a call's name to its meaning.

/** What a call does with its arguments. */
export type Meaning =
  /** The first argument is shell text, or a list of words. */
  | "shell"
  /** The first argument is a program, the second a list of its arguments. */
  | "program"
  /** The first argument is a program, the second its name, and the others the words after it. */
  | "words"
  /** All arguments are the words of a command. */
  | "argv"
  /** The first argument is a mode, the second a program, and then comes its list of arguments, or each by itself. */
  | "moded"
  /** The first argument is code of the same language. */
  | "eval"
  | "delete"
  | "delete_tree"
  | "read"
  | "write"
  /** The first argument is written, where it is known; the second (`save_second`). */
  | "save"
  | "save_second"
  | "append"
  /** Opens a file by a mode: `r`, `w`, `a`, `>`, `|`. */
  | "open"
  /** First argument is removed, second written. */
  | "move"
  /** First argument is read, second written. */
  | "copy"
  | "permission"
  | "url"
  | "url_send"
  /** A socket: host and port, in either order, or a pair. */
  | "connect"
  | "listen"
  | "mail"
  | "kill"
  | "privilege"
  | "power"
  /** Code that can't be seen: loaded from bytes or by a computed name. */
  | "opaque"
  /** On an object made from a path: `Path(x).unlink()`. */
  | "path_delete"
  | "path_write"
  | "path_read";

/** Calls by their full or last name. A name with a dot must match whole; one without matches at the end of any path. */
export type CallTable = ReadonlyMap<string, Meaning>;

function table(meanings: Partial<Record<Meaning, string>>): CallTable {
  const entries: [string, Meaning][] = [];
  for (const [meaning, names] of Object.entries(meanings)) {
    for (const name of names.split(/\s+/)) if (name !== "" && isMeaning(meaning)) entries.push([name, meaning]);
  }
  return new Map(entries);
}

const MEANINGS: ReadonlySet<string> = new Set([
  "shell",
  "program",
  "words",
  "argv",
  "moded",
  "eval",
  "delete",
  "delete_tree",
  "read",
  "write",
  "save",
  "save_second",
  "append",
  "open",
  "move",
  "copy",
  "permission",
  "url",
  "url_send",
  "connect",
  "listen",
  "mail",
  "kill",
  "privilege",
  "power",
  "opaque",
  "path_delete",
  "path_write",
  "path_read",
]);

function isMeaning(text: string): text is Meaning {
  return MEANINGS.has(text);
}

/** Calls of Python's standard library and of widely used packages. */
export const PYTHON_CALLS: CallTable = table({
  shell:
    "system popen getoutput getstatusoutput check_output check_call subprocess.run subprocess.call subprocess.Popen Popen pty.spawn create_subprocess_shell commands.getoutput subprocess.getoutput loop.subprocess_shell pexpect.run pexpect.spawn pexpect.spawnu pexpect.popen_spawn.PopenSpawn ptyprocess.PtyProcess.spawn fabric.Connection.run fabric.Connection.local fabric.Connection.sudo fabric.local fabric.run fabric.api.local fabric.api.run fabric.api.sudo invoke.Context.run invoke.sudo exec_command sendline run_command system_raw system_piped trio.run_process anyio.run_process delegator.run envoy.run os.startfile sh.bash invoke.run",
  program: "os.execv os.execve os.execvp os.execvpe execv execve execvp posix_spawn posix_spawnp",
  words: "os.execl os.execle os.execlp os.execlpe execl execlp",
  argv: "create_subprocess_exec",
  moded: "os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe",
  eval: "exec eval execfile __builtins__.eval __builtins__.exec builtins.exec builtins.eval compile runsource runcode timeit.timeit timeit.repeat timeit.Timer cProfile.run cProfile.runctx profile.run profile.runctx pdb.run pdb.runctx pdb.runcall bdb.Bdb.run trace.Trace.run run_cell run_code ex",
  delete: "os.remove os.unlink os.rmdir os.removedirs send2trash os.truncate",
  delete_tree: "rmtree remove_tree",
  read: "read_csv linecache.getlines fileinput.input",
  write: "os.mknod",
  save: "np.save np.savetxt np.savez np.savez_compressed numpy.save numpy.savetxt numpy.savez numpy.savez_compressed save savefig imsave imwrite tofile to_csv to_json to_parquet to_pickle to_excel to_html to_hdf to_feather to_xml to_stata write_html write_image write_csv write_parquet save_pretrained",
  save_second: "torch.save joblib.dump",
  open: "open io.open codecs.open os.open",
  // A hard link gives the same file another name, which no later look can tell from it.
  move: "os.rename os.replace os.renames shutil.move os.link",
  copy: "shutil.copy shutil.copyfile shutil.copy2 shutil.copytree os.symlink",
  permission: "os.chmod os.chown os.lchown shutil.chown",
  url: "urlopen urlretrieve requests.get requests.head httpx.get httpx.head HTTPConnection HTTPSConnection urllib2.urlopen wget.download",
  url_send:
    "requests.post requests.put requests.patch requests.delete httpx.post httpx.put httpx.patch httpx.delete requests.request",
  connect: "connect connect_ex create_connection FTP FTP_TLS Telnet SSHClient.connect open_connection",
  listen: "bind HTTPServer TCPServer serve_forever start_server",
  mail: "SMTP SMTP_SSL sendmail send_message",
  kill: "os.kill os.killpg signal.pthread_kill",
  privilege: "os.setuid os.setgid os.seteuid os.setresuid os.setreuid",
  opaque:
    "marshal.loads pickle.loads dill.loads ctypes.CDLL cdll.LoadLibrary runpy.run_path runpy.run_module import_module types.FunctionType types.CodeType getattr spec_from_file_location ctypes.PyDLL ctypes.WinDLL ctypes.OleDLL CDLL PyDLL WinDLL LoadLibrary yaml.unsafe_load yaml.full_load jsonpickle.decode os.startfile setrlimit run_line_magic run_cell_magic magic pip.main",
  path_delete: "unlink rmdir",
  path_write: "write_text write_bytes touch",
  path_read: "read_text read_bytes",
});

/** Calls of Node, Deno and Bun. */
export const NODE_CALLS: CallTable = table({
  shell:
    "execSync child_process.exec child_process.execSync Bun.spawn Bun.spawnSync shelljs.exec shell.exec execa.command execaCommand execaCommandSync",
  program:
    "spawn spawnSync execFile execFileSync child_process.spawn child_process.execFile child_process.fork execa execaSync Deno.Command fork",
  words: "",
  eval: "eval Function vm.runInThisContext vm.runInNewContext runInThisContext runInNewContext vm.Script GeneratorFunction",
  delete: "unlink unlinkSync rmdir rmdirSync Deno.remove Deno.removeSync truncate truncateSync ftruncateSync",
  delete_tree:
    "fs.rm fs.rmSync rmSync promises.rm rimraf rimrafSync rimraf.sync rimraf.rimraf rimraf.native emptyDir emptyDirSync removeSync fse.remove del.sync",
  read: "readFile readFileSync createReadStream Deno.readTextFile Deno.readFile Deno.readTextFileSync Bun.file",
  write:
    "writeFile writeFileSync createWriteStream outputFile outputFileSync Deno.writeTextFile Deno.writeFile Deno.writeTextFileSync Bun.write mkdirSync",
  append: "appendFile appendFileSync",
  open: "openSync fs.open Deno.open Deno.openSync",
  move: "rename renameSync moveSync linkSync",
  copy: "copyFile copyFileSync cpSync fs.cp symlinkSync copySync fs.symlink Deno.symlink Deno.copyFile",
  permission: "chmod chmodSync chown chownSync lchownSync",
  url: "fetch http.get https.get axios.get got got.get request.get needle.get superagent.get http.request https.request axios undici.request",
  url_send:
    "axios.post axios.put axios.patch axios.delete got.post request.post needle.post superagent.post sendBeacon",
  connect: "net.connect net.createConnection createConnection tls.connect net.Socket.connect WebSocket connect",
  listen: "listen Deno.serve Bun.serve Deno.listen",
  mail: "sendMail",
  kill: "process.kill Deno.kill",
  privilege: "process.setuid process.setgid process.seteuid",
  opaque: "process.binding process.dlopen vm.compileFunction WebAssembly.instantiate",
});

/** Calls of Perl, Ruby and PHP, whose names hardly collide. */
export const SCRIPT_CALLS: CallTable = table({
  shell:
    "system exec popen shell_exec passthru proc_open pcntl_exec IO.popen Open3.capture2 Open3.capture2e Open3.capture3 Open3.popen3 capture2 capture3 popen3 Kernel.system Kernel.exec Process.spawn spawn os.execute io.popen system2 shell run_command cmd os.cmd System.cmd System.shell vim.system vim.fn.system vim.fn.systemlist vim.fn.jobstart",
  eval: "eval instance_eval class_eval module_eval assert create_function loadstring load dofile Binding.eval string.eval Code.eval_string call_user_func",
  delete:
    "vim.loop.fs_unlink vim.loop.fs_rmdir vim.uv.fs_unlink vim.uv.fs_rmdir vim.fn.delete vim.fs.rm lfs.rmdir unlink rmdir File.delete File.unlink FileUtils.rm FileUtils.rm_f Dir.rmdir Dir.delete Dir.unlink os.remove file.remove File.rm truncate",
  delete_tree: "rmtree remove_tree rm_rf rm_r remove_dir remove_entry remove_entry_secure rimraf File.rm_rf",
  read: "file_get_contents readfile file File.read IO.read File.readlines IO.readlines File.foreach fpassthru show_source highlight_file include require_once",
  write: "vim.fn.writefile file_put_contents File.write IO.write IO.binwrite File.binwrite touch",
  open: "open fopen File.open File.new io.open sysopen IO.File IO.File.new",
  save: "io.output",
  move: "rename File.rename FileUtils.mv os.rename move_uploaded_file",
  copy: "copy FileUtils.cp FileUtils.cp_r symlink link FileUtils.ln_s FileUtils.ln_sf FileUtils.ln File.symlink File.link",
  permission: "chmod chown chgrp File.chmod File.chown FileUtils.chmod FileUtils.chmod_R FileUtils.chown",
  url: "curl_init Net.HTTP.get Net.HTTP.get_response URI.open URI.parse getstore LWP.Simple.get HTTParty.get Faraday.get RestClient.get http.request",
  url_send: "Net.HTTP.post Net.HTTP.post_form HTTParty.post Faraday.post RestClient.post http.post",
  connect:
    "fsockopen pfsockopen stream_socket_client TCPSocket.new TCPSocket.open UDPSocket.new Socket.tcp IO.Socket.INET.new IO.Socket.INET sockaddr_in pack_sockaddr_in socket.connect socket_connect connect",
  listen: "TCPServer.new TCPServer.open socket_listen stream_socket_server listen",
  mail: "mail Net.SMTP.start",
  kill: "kill Process.kill posix_kill",
  privilege: "posix_setuid posix_setgid Process.Sys.setuid setuid POSIX.setuid",
  opaque: "Marshal.load unserialize dl require_relative syscall Fiddle.dlopen string.load",
});

/** Calls of R. */
export const R_CALLS: CallTable = new Map([...SCRIPT_CALLS, ...table({ open: "file gzfile bzfile xzfile" })]);
