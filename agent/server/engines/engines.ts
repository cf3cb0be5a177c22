/** All engines that Rein knows: those of its own list, and those that were entered in the settings. */
import { isDeepStrictEqual } from "node:util";
import type { EngineSettings, OwnAgent } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";
import { createAcpEngine } from "./acp/acp-engine";
import { acpAgents, ownAcpAgent } from "./acp/agents";
import { createClaude } from "./claude/claude-engine";
import { createCodex } from "./codex/codex-engine";
import type { Engine } from "./engine";
import { createPrograms, type Programs } from "./find-program";

export interface Engines {
  /** By the settings of this moment. An engine is the same object until what was entered of it changes. */
  all(): readonly Engine[];
  find(id: string): Engine | undefined;
  /** Those that there are with other settings. */
  by(settings: EngineSettings): Engines;
}

export interface EnginesOptions {
  jobs: Jobs;
  settings: () => EngineSettings;
  /** As PATH. */
  searchPath: string;
}

/** In the order in which people are shown them. */
const known: readonly ((programs: Programs) => Engine)[] = [
  createClaude,
  createCodex,
  ...acpAgents.map((agent) => (programs: Programs) => createAcpEngine(agent, programs)),
];

/** Starts nothing: a program is looked for when an engine is. */
export function createEngines(options: EnginesOptions): Engines {
  const programs = createPrograms(options);
  const engines = known.map((create) => create(programs));
  let own: { id: string; agent: OwnAgent; engine: Engine }[] = [];
  const entered = () => {
    const before = own;
    own = Object.entries(options.settings().own).map(([id, agent]) => {
      const same = before.find((one) => one.id === id && isDeepStrictEqual(one.agent, agent));
      return same ?? { id, agent, engine: createAcpEngine(ownAcpAgent(id, agent), programs) };
    });
    return own.map(({ engine }) => engine);
  };
  const all = () => [...engines, ...entered()];
  return {
    all,
    find: (id) => all().find((engine) => engine.id === id),
    by: (settings) => createEngines({ ...options, settings: () => settings }),
  };
}
