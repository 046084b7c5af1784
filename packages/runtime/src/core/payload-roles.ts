// What the names of payload members mean, as data.

/** What a member's name says it holds. */
export type Role =
  | "command"
  | "argv"
  | "args"
  | "code"
  | "program"
  | "stdin"
  | "env"
  | "cwd"
  | "language"
  | "path"
  | "place"
  | "thing"
  | "patch"
  | "url"
  | "query"
  | "wrapper";

// A name in two lists has the role that comes first here.
const ROLE_ORDER = [
  "command",
  "argv",
  "args",
  "code",
  "program",
  "stdin",
  "env",
  "cwd",
  "language",
  "path",
  "patch",
  "url",
  "query",
  "place",
  "thing",
  "wrapper",
] as const satisfies readonly Role[];

/** Roles by folded member name. */
export const MEMBER_ROLES: ReadonlyMap<string, Role> = roles({
  command:
    "command commands cmd cmds cmdline commandline shell shellcommand bash bashcommand sh exec execute shellscript terminalcommand runcommand powershell",
  argv: "argv argvs commandargs commandargv cmdargs cmdargv words",
  args: "args arguments argumentlist argslist params",
  code: "code script sourcecode snippet cell cellsource python javascript js pythoncode codeblock expression",
  program: "program executable exe binary bin prog entrypoint executablepath programpath",
  stdin: "stdin stdinput standardinput stdintext",
  env: "env environ environment environmentvariables envvars envvariables",
  cwd: "cwd workdir workingdir workingdirectory workingfolder currentdirectory chdir",
  language: "language lang interpreter runtime kernel",
  path: "path paths file files filepath filepaths filename filenames targetfile targetpath destfile destpath destinationfile destinationpath sourcefile sourcepath srcpath srcfile dstpath dstfile outputpath outputfile outfile inputpath inputfile oldpath newpath oldfile newfile oldname newname dir dirs directory directories folder folders dirpath folderpath fullpath absolutepath absolutefilepath relativepath relativeworkspacepath localpath filelocation notebookpath savepath saveto downloadpath outputdir outputdirectory targetdir targetdirectory linkpath archivepath logfile",
  place: "dest destination dst source src target to from output input location root name link",
  thing:
    "attachment attachments image images document documents photo photos picture pictures audio video media resource resources asset assets upload uploads item items targets",
  patch: "patch diff unifieddiff patchtext",
  url: "url urls uri uris endpoint endpoints domain domains host hosts hostname hostnames href baseurl baseuri apiurl targeturl webhook webhookurl callbackurl callback requesturl pageurl imageurl fileurl downloadurl sourceurl remoteurl proxy proxyurl apiendpoint website site server serverurl address ip ipaddress redirecturl link links feedurl",
  query: "sql query queries statement statements sqlquery sqltext rawsql sqlstatement dbquery",
  wrapper:
    "input inputs kwargs params parameters arguments args payload data body request options opts toolinput toolargs actioninput json config action call function",
});

function roles(table: Readonly<Record<Role, string>>): ReadonlyMap<string, Role> {
  const map = new Map<string, Role>();
  for (const role of ROLE_ORDER) for (const name of table[role].split(" ")) if (!map.has(name)) map.set(name, role);
  return map;
}

/** Members that wrap the real ones when they hold an object. */
export const WRAPPERS: ReadonlySet<string> = new Set(
  "input inputs kwargs params parameters arguments args payload data request options opts toolinput toolargs actioninput json config action call function body".split(
    " ",
  ),
);

/** Members that hold the code of a tool that runs one language. */
export const CODE_INPUTS: ReadonlySet<string> = new Set(
  "input query text expression body content lines line source".split(" "),
);
