/** What is set up for models on this machine: providers, engines, MCP servers, and web search. Each kind in few lines. */
import { plural } from "../../../shared/plural";
import type {
  EngineInfo,
  Finding,
  McpConfigurationAnswer,
  Models,
  ProviderInfo,
} from "../../../shared/protocol";

/** One that works by name; each that does not with its reason; the others by their names alone. */
export function providerFindings({ providers }: Pick<Models, "providers">): Finding[] {
  const isUnset = ({ state }: ProviderInfo) => state === "not-set-up" || state === "absent";
  const isReady = ({ ready, state }: ProviderInfo) => ready && state === "ready";
  const ready = providers.filter(isReady);
  const troubled = providers.filter((one) => !isReady(one) && !isUnset(one));
  const unset = providers.filter(isUnset).map(({ name }) => name);
  const names = ready.map(({ name, models }) => `${name}: ${plural(models.length, "model")}`);
  const isAlone = ready.length === 0 && troubled.length === 0;
  return [
    ...(ready.length === 0
      ? []
      : [{ about: "Providers", state: "ok" as const, words: names.join(", ") }]),
    ...troubled.map(troubledProvider),
    ...(unset.length === 0
      ? []
      : [
          {
            about: "Providers",
            state: "missing" as const,
            words: `not set up: ${unset.join(", ")}`,
            ...(isAlone && {
              advice: "Enter a key in the settings, or set its variable for the server",
            }),
          },
        ]),
  ];
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
  const findings: Finding[] = unusable.map(
    ({ name, reason = "it cannot work here", install, enteredPath, own }) => ({
      about: "Engine",
      state: enteredPath === undefined && own === undefined ? "missing" : "broken",
      words: `${name}: ${reason}`,
      ...(install !== undefined && { command: install }),
    }),
  );
  if (ready.length > 0) {
    const words = ready.map(({ name, version }) => [name, version].filter(Boolean).join(" "));
    findings.unshift({ about: "Engines", state: "ok", words: words.join(", ") });
  }
  if (missing.length > 0) {
    const words = `not installed: ${missing.map(({ name }) => name).join(", ")}`;
    const [only] = missing.length === 1 ? missing : [];
    findings.push({
      about: "Engines",
      state: "missing",
      words,
      ...(only?.install !== undefined && { command: only.install }),
    });
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
    return { about, state: "broken", words: problem, advice: "Repair .mcp.json of this project" };
  const asked = entries.filter(({ standing }) => standing === "asked").length;
  if (asked > 0)
    return {
      about,
      state: "missing",
      words: `this project brings ${plural(asked, "server")}, of which nothing runs before you allow it`,
      advice: "“/mcp” in rein, or the page, shows all of it",
    };
  const on = entries.filter(({ standing }) => standing === "on").map(({ name }) => name);
  const words = on.length === 0 ? "no servers" : `${plural(on.length, "server")}: ${on.join(", ")}`;
  return { about, state: "ok", words };
}

/** What is set up; whether the service answers is tested in the settings. */
export function searchFinding({ web: { search } }: Pick<Models, "web">): Finding {
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
