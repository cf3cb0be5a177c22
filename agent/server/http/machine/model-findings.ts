/** What is set up for models on this machine: providers, engines, MCP servers, and web search. Each kind in few lines. */
import type {
  EngineInfo,
  Finding,
  McpConfigurationAnswer,
  Models,
  ProviderInfo,
  Sentence,
} from "../../../shared/protocol";
import { countSentence, sentence } from "../../../shared/sentences";
import { finding } from "./finding";

/** One that works by name; each that does not with its reason; the others by their names alone. */
export function providerFindings({ providers }: Pick<Models, "providers">): Finding[] {
  const isUnset = ({ state }: ProviderInfo) => state === "not-set-up" || state === "absent";
  const isReady = ({ ready, state }: ProviderInfo) => ready && state === "ready";
  const ready = providers.filter(isReady);
  const troubled = providers.filter((one) => !isReady(one) && !isUnset(one));
  const unset = providers.filter(isUnset).map(({ name }) => name);
  const isAlone = ready.length === 0 && troubled.length === 0;
  return [
    ...(ready.length === 0 ? [] : [readyProviders(ready)]),
    ...troubled.map(troubledProvider),
    ...(unset.length === 0 ? [] : [unsetProviders(unset, isAlone)]),
  ];
}

function readyProviders(ready: ProviderInfo[]): Finding {
  const list = ready.map(({ name, models }) =>
    countSentence(models.length, "{name}: {count} model", "{name}: {count} models", { name }),
  );
  return finding({ about: "Providers", state: "ok", words: sentence("{list}", { list }) });
}

function unsetProviders(names: string[], isAlone: boolean): Finding {
  return finding({
    about: "Providers",
    state: "missing",
    words: sentence("not set up: {names}", { names }),
    advice: isAlone
      ? sentence("Enter a key in the settings, or set its variable for the server")
      : undefined,
  });
}

function troubledProvider({ name, state, reason }: ProviderInfo): Finding {
  const isUsable = state === "no-list" || state === "empty";
  return {
    about: "Provider",
    state: isUsable ? "missing" : "broken",
    words: `${name}: ${reason ?? state}`,
  };
}

export function engineFindings(engines: EngineInfo[]): Finding[] {
  const ready = engines.filter(({ state }) => state === "ready");
  const unusable = engines.filter(({ state }) => state === "unusable");
  const missing = engines.filter(({ state }) => state === "missing");
  const findings: Finding[] = unusable.map(({ name, reason, install, enteredPath, own }) =>
    finding({
      about: "Engine",
      state: enteredPath === undefined && own === undefined ? "missing" : "broken",
      words:
        reason === undefined
          ? sentence("{name}: it cannot work here", { name })
          : `${name}: ${reason}`,
      command: install,
    }),
  );
  if (ready.length > 0) {
    const words = ready.map(({ name, version }) => [name, version].filter(Boolean).join(" "));
    findings.unshift({ about: "Engines", state: "ok", words: words.join(", ") });
  }
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name);
    const [only] = missing.length === 1 ? missing : [];
    findings.push(
      finding({
        about: "Engines",
        state: "missing",
        words: sentence("not installed: {names}", { names }),
        command: only?.install,
      }),
    );
  }
  return findings;
}

export function mcpFinding({
  entries,
  problems,
}: Pick<McpConfigurationAnswer, "entries" | "problems">): Finding {
  const about = "MCP";
  const [problem] = problems;
  if (problem !== undefined)
    return finding({
      about,
      state: "broken",
      words: problem,
      advice: sentence("Repair .mcp.json of this project"),
    });
  const asked = entries.filter(({ standing }) => standing === "asked").length;
  if (asked > 0)
    return finding({
      about,
      state: "missing",
      words: countSentence(
        asked,
        "this project brings {count} server, of which nothing runs before you allow it",
        "this project brings {count} servers, of which nothing runs before you allow it",
      ),
      advice: sentence("“/mcp” in rein, or the page, shows all of it"),
    });
  const names = entries.filter(({ standing }) => standing === "on").map(({ name }) => name);
  const words =
    names.length === 0
      ? sentence("no servers")
      : countSentence(names.length, "{count} server: {names}", "{count} servers: {names}", {
          names,
        });
  return finding({ about, state: "ok", words });
}

/** What is set up; whether the service answers is tested in the settings. */
export function searchFinding({ web: { search } }: Pick<Models, "web">): Finding {
  const about = "Web search";
  if (search === undefined)
    return finding({
      about,
      state: "missing",
      words: sentence("not set up: models read pages, but cannot search"),
      advice: sentence("Choose a service in the settings (Web)"),
    });
  return finding({ about, state: "ok", words: searchWords[search.service] });
}

const searchWords: Record<(Models["web"]["search"] & {})["service"], Sentence> = {
  provider: sentence(
    "by the model's own service, where it has one (Anthropic, OpenAI, OpenRouter, Gemini 3)",
  ),
  brave: sentence("by Brave"),
  tavily: sentence("by Tavily"),
  searxng: sentence("by a SearXNG"),
};
