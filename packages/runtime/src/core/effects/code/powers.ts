// What of a language can run programs or change files, and may therefore not leave the reader's sight: a module or
// function that is handed on, or reached by a computed name, is used in a way that the text doesn't show.

/** The powerful names of one language. */
export interface Powers {
  /** Modules whose members run programs or change files, as far as they were imported. */
  readonly modules: ReadonlySet<string>;
  /** The same, but known everywhere without an import. */
  readonly globals: ReadonlySet<string>;
  /** Functions known everywhere that run what they are given. */
  readonly functions: ReadonlySet<string>;
  /** Members that lead to what isn't named, wherever they stand. */
  readonly doors: RegExp;
  /** Members that are nothing but powerful: asked for by a computed name, on whatever object. */
  readonly members: RegExp;
  /** Functions that look at a value without using it. */
  readonly onlooking: ReadonlySet<string>;
  /** Functions that load the module that their argument names. */
  readonly loaders: ReadonlySet<string>;
  /** Objects whose members are the global names. */
  readonly worlds: ReadonlySet<string>;
  /** Methods that give the member of a module or a table that their first argument names. */
  readonly getters: ReadonlySet<string>;
}

function names(text: string): ReadonlySet<string> {
  return new Set(text.split(" ").filter(Boolean));
}

const NONE: Powers = {
  modules: names(""),
  globals: names(""),
  functions: names(""),
  doors: /(?!)/,
  members: /^(?:system|execute|popen)$/,
  onlooking: names(""),
  loaders: names(""),
  worlds: names(""),
  getters: names(""),
};

const PYTHON: Powers = {
  modules: names(
    "os posix nt subprocess shutil pty commands builtins ctypes ctypes.cdll ctypes.windll sh plumbum.cmd pexpect runpy code asyncio.subprocess posixpath.os",
  ),
  globals: names("__builtins__"),
  functions: names("exec eval execfile __import__"),
  doors: /(?:^|\.)(?:__globals__|__getattribute__|f_globals|f_builtins|__subclasses__|__closure__|__reduce__)(?:\.|$)/,
  members:
    /^(?:system|popen|exec[lv]p?e?|exec|eval|spawn\w*|posix_spawnp?|run|call|check_call|check_output|getoutput|getstatusoutput|Popen|rmtree|remove|unlink|rmdir|removedirs|kill|killpg|os|subprocess|shutil|__import__|builtins|__builtins__|__globals__|__subclasses__|import_module)$/,
  onlooking: names(
    "print hasattr dir help type isinstance issubclass id repr str len reload getsource getfile getdoc signature pprint callable",
  ),
  loaders: names("__import__ import_module"),
  worlds: names("builtins __builtins__"),
  getters: names("get pop setdefault __getitem__"),
};

const NODE: Powers = {
  modules: names("child_process fs vm module worker_threads cluster fs-extra shelljs execa zx cross-spawn node-pty"),
  globals: names("process Deno Bun"),
  functions: names("eval require"),
  doors: /(?:^|\.)(?:_load|_linkedBinding|binding|mainModule|__proto__|getBuiltinModule)(?:\.|$)/,
  members:
    /^(?:constructor|__proto__|exec|execSync|execFile|execFileSync|spawn|spawnSync|fork|eval|Function|require|process|mainModule|binding|dlopen|kill|rm|rmSync|unlink|unlinkSync|rmdir|rmdirSync|writeFile|writeFileSync)$/,
  onlooking: names(
    "log dir inspect keys typeof promisify String Boolean mock spyOn jest.mock unmock doMock isPrototypeOf",
  ),
  loaders: names("require import getBuiltinModule _load"),
  worlds: names("globalThis global window self top"),
  getters: names(""),
};

const LUA: Powers = {
  ...NONE,
  modules: names("lfs ffi posix"),
  globals: names("os io package debug _G _ENV"),
  functions: names("load loadstring dofile loadfile"),
  doors: /(?:^|\.)(?:loadlib|getregistry|getfenv)(?:\.|$)/,
  members: /^(?:execute|popen|remove|rename|load|loadstring|dofile|loadfile|os|io)$/,
  onlooking: names("print type tostring"),
  loaders: names("require"),
  worlds: names("_G _ENV"),
};

const BY_LANGUAGE: Readonly<Record<string, Powers>> = { python: PYTHON, node: NODE, lua: LUA };

/** The powers of a language; none are known of most. */
export function powersOf(language: string): Powers {
  return (Object.hasOwn(BY_LANGUAGE, language) ? BY_LANGUAGE[language] : undefined) ?? NONE;
}
