/** `rein doctor`: what this machine allows, and what to do about the rest. */
import { version } from "../../package.json";
import { hasTerminalPackages } from "../prepare";
import { askedEntries, askedWords } from "../client/state/mcp-words";
import { ApiError, type Rein } from "../sdk/create-rein";
import { readChunks } from "../sdk/frames";
import { defined } from "../shared/defined";
import { plural } from "../shared/plural";
import type {
  CommandsAnswer,
  EngineInfo,
  McpConfigurationAnswer,
  Models,
  ProviderInfo,
  StorageChanged,
} from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { answerMs, type Call, CommandFailed } from "./command";
import type { Connection } from "./connect";
import { jsonLine, writeOutput } from "./standard-output";

/** broken: something that was set up does not work. missing: it could be there. */
type State = "ok" | "missing" | "broken";

interface Finding {
  about: string;
  state: State;
  words: string;
  /** What to do. */
  advice?: string;
}

/** Resolves with 1 when something is broken. It starts the server: only that can say what it finds. */
export async function printDoctor(call: Call): Promise<number> {
  const findings = [...local(), ...(await ofServer(call))];
  const lines = findings.map(({ about, state, words, advice }) => {
    const head = `${marks[state]} ${about.padEnd(10)} ${terminalLine(words)}`;
    return advice === undefined ? head : `${head}\n${" ".repeat(13)}→ ${terminalLine(advice)}`;
  });
  await writeOutput(call.has("json") ? jsonLine({ findings }) : `${lines.join("\n")}\n`);
  return findings.some(({ state }) => state === "broken") ? 1 : 0;
}

const marks: Record<State, string> = { ok: "✓", missing: "–", broken: "✗" };

function local(): Finding[] {
  const git = Bun.which("git");
  return [
    {
      about: "Rein",
      state: "ok",
      words: `${version}, Bun ${Bun.version}, ${process.platform} ${process.arch}`,
    },
    git === null
      ? {
          about: "git",
          state: "missing",
          words: "not found: the changes of runs are not recorded, and cannot be undone",
          advice: "Install git",
        }
      : { about: "git", state: "ok", words: git },
    hasTerminalPackages()
      ? { about: "Terminal", state: "ok", words: "the packages of the full screen are installed" }
      : {
          about: "Terminal",
          state: "missing",
          words: "the packages of the full screen are not installed yet",
          advice: "“rein” installs them when it first opens",
        },
  ];
}

async function ofServer(call: Call): Promise<Finding[]> {
  let connection: Connection;
  try {
    connection = await call.connect("terminal");
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof ApiError)) throw error;
    return [{ about: "Server", state: "broken", words: error.message }];
  }
  const { rein, url } = connection;
  const signal = AbortSignal.timeout(answerMs);
  const [storage, commands, engines, models, mcp] = await Promise.all([
    storageOf(rein, signal),
    rein.commands(signal),
    rein.engines(signal),
    rein.models(signal),
    rein.mcp(call.isRemote ? undefined : process.cwd(), undefined, signal),
  ]);
  return [
    { about: "Server", state: "ok", words: url },
    ...savingOf(storage),
    proofOf(commands),
    sandboxOf(commands),
    ...engines.map(engineFinding),
    ...providerFindings(models),
    searchOf(models),
    mcpFinding(mcp),
  ];
}

/** As a stream says that ends at once: to one of the list it comes first. */
async function storageOf(rein: Rein, signal: AbortSignal): Promise<StorageChanged | undefined> {
  const response = await rein.openEvents("/api/events?once=1", signal);
  for await (const frames of readChunks(response, signal)) {
    const found = frames.find((frame) => frame.type === "storage-changed");
    if (found !== undefined) return found;
  }
  return undefined;
}

function savingOf({ trouble, missing }: Omit<StorageChanged, "type"> = {}): Finding[] {
  const about = "Saving";
  const broken = (words: string, advice?: string): Finding => ({
    about,
    state: "broken",
    words,
    ...defined({ advice }),
  });
  if (trouble === undefined && missing === undefined)
    return [{ about, state: "ok", words: "everything is saved" }];
  return [
    ...(trouble === undefined ? [] : [broken(trouble)]),
    ...(missing === undefined ? [] : [broken(missing, "Confirm it in the page (rein web)")]),
  ];
}

function mcpFinding({ entries, problems }: McpConfigurationAnswer): Finding {
  const about = "MCP";
  const [problem] = problems;
  if (problem !== undefined)
    return { about, state: "broken", words: problem, advice: "Repair .mcp.json of this project" };
  const asked = askedEntries({ entries }).length;
  if (asked > 0) {
    const words = `${askedWords(asked)} None of it runs before you allow it`;
    return {
      about,
      state: "missing",
      words,
      advice: "“/mcp” in rein, or the page, shows all of it",
    };
  }
  const on = entries.filter(({ standing }) => standing === "on").map(({ name }) => name);
  const words = on.length === 0 ? "no servers" : `${plural(on.length, "server")}: ${on.join(", ")}`;
  return { about, state: "ok", words };
}

function proofOf({ proof }: CommandsAnswer): Finding {
  const about = "Stop";
  if (proof === "none")
    return {
      about,
      state: "missing",
      words: "processes are seen dead; this system cannot prove that none is left",
      advice: "On Linux it is proven",
    };
  const words = `proven by ${proof === "supervisor" ? "a supervisor" : "a supervisor and a cgroup"} per command`;
  return { about, state: "ok", words };
}

function sandboxOf({ sandboxed, sandboxWorks, noSandbox, sandbox }: CommandsAnswer): Finding {
  const about = "Sandbox";
  if (sandboxWorks && sandboxed) return { about, state: "ok", words: "commands run in a sandbox" };
  if (sandboxWorks)
    return {
      about,
      state: "missing",
      words: "turned off: a command can do whatever your user can",
      advice: "Turn it on in the settings, or by REIN_SANDBOX=auto",
    };
  return {
    about,
    state: sandbox === "on" ? "broken" : "missing",
    words: noSandbox ?? "not possible here",
    advice:
      sandbox === "on"
        ? "No command runs until it works: install bubblewrap, or set REIN_SANDBOX=auto"
        : "Install bubblewrap: without it a command can do whatever your user can",
  };
}

function engineFinding({
  name,
  state,
  version: found,
  reason,
  install,
  path,
}: EngineInfo): Finding {
  const about = "Engine";
  if (state === "ready")
    return { about, state: "ok", words: [name, found, path].filter(Boolean).join(" ") };
  return {
    about,
    state: "missing",
    words: `${name}: ${reason ?? "not found"}`,
    ...(install !== undefined && { advice: install }),
  };
}

/** Those that are set up, and those of this machine; the others by their names alone. */
function providerFindings({ providers }: Models): Finding[] {
  const isUnset = ({ state }: ProviderInfo) => state === "not-set-up" || state === "absent";
  const unset = providers.filter(isUnset).map(({ name }) => name);
  const set = providers.filter((one) => !isUnset(one)).map(providerFinding);
  if (unset.length === 0) return set;
  const others: Finding = {
    about: "Providers",
    state: "missing",
    words: `not set up: ${unset.join(", ")}`,
    advice: "Enter a key in the settings (rein web), or set its variable for the server",
  };
  return [...set, others];
}

function providerFinding({ name, ready, state, reason, models }: ProviderInfo): Finding {
  const about = "Provider";
  if (ready && state === "ready")
    return { about, state: "ok", words: `${name}: ${plural(models.length, "model")}` };
  const isUsable = state === "no-list" || state === "empty";
  return { about, state: isUsable ? "missing" : "broken", words: `${name}: ${reason ?? state}` };
}

/** What is set up; whether the service answers is tested in the settings. */
function searchOf({ web: { search } }: Models): Finding {
  const about = "Web search";
  if (search === undefined)
    return {
      about,
      state: "missing",
      words: "not set up: models read pages, but cannot search",
      advice: "Choose a service in the settings (Web)",
    };
  return { about, state: "ok", words: searchWords[search.service] };
}

const searchWords = {
  provider:
    "by the model's own service, where it has one (Anthropic, OpenAI, OpenRouter, Gemini 3)",
  brave: "by Brave",
  tavily: "by Tavily",
  searxng: "by a SearXNG",
};
