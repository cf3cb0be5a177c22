/** The scripted ACP agent as an engine of the sweep's server: its settings, its script, and what it was told. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AgentBehaviour,
  type AgentStep,
  scriptedAgent,
  scriptedProgram,
} from "../agents/agent-script";
import type { SettingsRequest } from "../../shared/requests";
import { engineIds, type EngineScript } from "./engine-scenarios";
import { firstWords } from "./first-words";
import { type EngineWay } from "./scenarios";

export const lastWords = "Carry on, please";

export interface ScriptedEngine {
  /** For PUT /api/settings. */
  settings: SettingsRequest;
  /** What it does from now on. Forgets what it was told so far. */
  play(way: EngineWay, script: EngineScript): void;
  /** Every prompt since then. */
  prompts(way: EngineWay): { conversationId: string; text: string }[];
}

/** `dataDir`: the server's. */
export function createScriptedEngine(dataDir: string): ScriptedEngine {
  const directories: Record<EngineWay, string> = {
    "own log-in": join(dataDir, "scripted-engine"),
    // Where a sandbox shows it.
    gate: join(dataDir, "scripted-program", "node_modules"),
  };
  /** Where it can write in a sandbox too: with the gate, in the home of each session. */
  const files: Record<EngineWay, string> = { "own log-in": directories["own log-in"], gate: "" };
  const behaviourOf = (way: EngineWay): AgentBehaviour => {
    const directory = directories[way];
    mkdirSync(directory, { recursive: true });
    return {
      home: join(files[way], "conversations"),
      log: join(files[way], "log"),
      scripts: join(directory, "scripts.json"),
      script: [{ text: "Back again." }],
      ignoresTerm: true,
      resume: way === "gate" ? "resume" : "load",
    };
  };
  const logs = (way: EngineWay): string[] => {
    if (way === "own log-in") return [join(files[way], "log")];
    const names = new Bun.Glob(`engines/*/${engineIds.gate}/log`).scanSync(dataDir);
    return [...names].map((name) => join(dataDir, name));
  };
  const own = { [engineIds["own log-in"]]: scriptedAgent(behaviourOf("own log-in")) };
  const paths = { [engineIds.gate]: scriptedProgram(directories.gate, behaviourOf("gate")) };
  return {
    settings: { engines: { own, paths } },
    play(way, { steps, isEager }) {
      const directory = directories[way];
      const all = steps(directory);
      const paced = all.flatMap((step): AgentStep[] => [step, { heard: true }]);
      const scripts = { [firstWords]: isEager ? all : paced, [lastWords]: [{ recall: true }] };
      writeFileSync(join(directory, "scripts.json"), JSON.stringify(scripts));
      for (const log of logs(way)) rmSync(log, { force: true });
    },
    prompts(way) {
      return logs(way)
        .flatMap(logged)
        .filter(({ method }) => method === "session/prompt")
        .map(({ params }) => ({
          conversationId: params.sessionId,
          text: params.prompt.map((part) => part.text).join(""),
        }));
    },
  };
}

interface Logged {
  method?: string;
  params: { sessionId: string; prompt: { text: string }[] };
}

function logged(path: string): Logged[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Logged);
}
