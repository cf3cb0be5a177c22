/** All engines that Rein knows: those of its own list, and those that were entered in the settings. */
import type { EngineSettings } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";
import { createClaude } from "./claude/claude-engine";
import { createCodex } from "./codex/codex-engine";
import type { Engine } from "./engine";
import { createPrograms, type Programs } from "./find-program";

export interface Engines {
  /** By the settings of this moment. */
  all(): readonly Engine[];
  find(id: string): Engine | undefined;
}

export interface EnginesOptions {
  jobs: Jobs;
  settings: () => EngineSettings;
  /** As PATH. */
  searchPath: string;
}

/** In the order in which people are shown them. */
const known: ((programs: Programs) => Engine)[] = [createClaude, createCodex];

export function createEngines(options: EnginesOptions): Engines {
  const programs = createPrograms(options);
  const engines = known.map((create) => create(programs));
  const all = () => engines;
  return { all, find: (id) => all().find((engine) => engine.id === id) };
}
