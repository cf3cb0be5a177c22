/** The environment of jobs: only what programs need of the server's own, set so that no program waits for a key press. */

/** And `LC_*`. Whatever is not here stays with the server: a key can have any name. */
const usual = new Set([
  // Who and where
  ...words("PATH HOME USER LOGNAME SHELL HOSTNAME TZ TMPDIR TMP TEMP"),
  // Language, and output that suits a program
  ...words("LANG LANGUAGE LOCALE_ARCHIVE NO_COLOR CI"),
  // Where programs keep their files; not XDG_RUNTIME_DIR, which holds sockets of the person's session
  ...words(
    "XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_DATA_DIRS XDG_CACHE_HOME XDG_STATE_HOME",
  ),
  // Where compilers, interpreters and package managers are installed
  ...words(
    "JAVA_HOME SDKMAN_DIR ANDROID_HOME ANDROID_SDK_ROOT DOTNET_ROOT FLUTTER_ROOT SDKROOT DEVELOPER_DIR",
  ),
  ...words(
    "GOPATH GOROOT GOBIN GOCACHE GOMODCACHE GOTOOLCHAIN CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN",
  ),
  ...words("NVM_DIR NVM_BIN FNM_DIR FNM_MULTISHELL_PATH VOLTA_HOME PNPM_HOME BUN_INSTALL DENO_DIR"),
  ...words("PYENV_ROOT PYENV_VERSION VIRTUAL_ENV CONDA_PREFIX CONDA_EXE CONDA_DEFAULT_ENV"),
  ...words("RBENV_ROOT RBENV_VERSION GEM_HOME GEM_PATH ASDF_DIR ASDF_DATA_DIR MISE_DATA_DIR"),
  ...words(
    "NIX_PATH NIX_PROFILES HOMEBREW_PREFIX HOMEBREW_CELLAR HOMEBREW_REPOSITORY PKG_CONFIG_PATH",
  ),
  // The way to the network, and whom to trust there
  ...words("HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy"),
  ...words(
    "SSL_CERT_FILE SSL_CERT_DIR NIX_SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS",
  ),
]);

/**
 * The environment of a job: what it may have of `from`, and `added`. `further` are names or `PREFIX_*` that the person
 * allows. A server that the command starts never gets Rein's own settings: it would try to take its PORT.
 */
export function jobEnvironment(
  from: Record<string, string | undefined>,
  further: readonly string[],
  added: Record<string, string>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(from))
    if (value !== undefined && isPassed(name, value, further)) environment[name] = value;
  if (environment["PATH"] !== undefined) environment["PATH"] = withoutRelative(environment["PATH"]);
  return { ...environment, ...nonInteractive, ...added };
}

/** An empty or relative entry is searched in the job's directory: it would decide which `git` runs. */
function withoutRelative(path: string): string {
  const entries = path.split(":");
  return entries.filter((entry) => entry.startsWith("/")).join(":");
}

/** The names of the variables that no job gets, sorted; without those that none can ever get. */
export function withheldNames(
  from: Record<string, string | undefined>,
  further: readonly string[],
): string[] {
  const all = Object.entries(from);
  const withheld = all.filter(
    ([name, value]) => !isOurs(name) && !isPassed(name, value ?? "", further),
  );
  return withheld.map(([name]) => name).toSorted();
}

/** What every job gets of `from`, without keys of providers, which a person may allow to commands but not to others. */
export function sharedVariables(
  from: Record<string, string | undefined>,
  further: readonly string[],
): Record<string, string> {
  const passed = Object.entries(jobEnvironment(from, further, {}));
  return Object.fromEntries(
    passed.filter(([name]) => from[name] !== undefined && !isKeyOfProvider(name)),
  );
}

function isPassed(name: string, value: string, further: readonly string[]): boolean {
  if (isOurs(name)) return false;
  if (further.includes(name)) return true;
  if (isKeyOfProvider(name)) return false;
  if (further.some((one) => matches(one, name))) return true;
  const isUsual = usual.has(name) || name.startsWith("LC_");
  return isUsual && !(isProxy(name) && hasPassword(value));
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") && name.startsWith(pattern.slice(0, -1));
}

function isOurs(name: string): boolean {
  return name.startsWith("REIN_") || ours.has(name);
}

/** Rein's own settings. The last one is set by `bun --no-orphans`: inherited, it would kill servers that a job starts. */
const ours = new Set(words("PORT HOST BUN_CONFIG_MAX_HTTP_REQUESTS BUN_FEATURE_FLAG_NO_ORPHANS"));

/** Only its exact name allows one: a `PREFIX_*` was hardly meant to. */
export function isKeyOfProvider(name: string): boolean {
  return /^(ANTHROPIC|OPENAI|OPENAI_COMPATIBLE|OPENROUTER|XAI|GEMINI|GOOGLE|DEEPSEEK|MISTRAL|GROQ|MOONSHOT|DASHSCOPE|PERPLEXITY)_(API_KEY|AUTH_TOKEN)$/.test(
    name,
  );
}

function isProxy(name: string): boolean {
  return name.toLowerCase().endsWith("_proxy");
}

function hasPassword(address: string): boolean {
  return address.includes("@");
}

const nonInteractive = {
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
  TERM: "dumb",
};

function words(text: string): string[] {
  return text.split(" ");
}
