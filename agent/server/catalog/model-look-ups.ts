/** What each provider lists: asked at most once a minute, and never waited for longer than a page may wait. */
import { defined } from "../../shared/defined";
import type { ModelInfo } from "../../shared/protocol";
import { neverAborts, within } from "../abort";
import type { ProviderConfig } from "../providers/provider";
import {
  askService,
  emptyProblem,
  type ModelSource,
  type ProviderProblem,
} from "./provider-problem";

export interface LookUp {
  /** Those of the last answer, also while the next one is awaited, and when a busy service does not answer in time. */
  models: ModelInfo[];
  /** Of the last look-up, when it failed. */
  problem?: ProviderProblem;
}

const freshMs = 60_000;
const lookUpMs = 4000;
/** A server on this machine may be loading a model, and a page does not wait for it: what comes later is for the next list. */
const localLookUpMs = 10_000;
const pageWaitMs = 400;

/** The last look-up of a provider. */
interface Kept extends LookUp {
  /** Where and with which key was asked: what another service listed is forgotten. */
  config: string;
  askedAt: number;
  running?: Promise<void>;
}

export class ModelLookUps {
  readonly #kept = new Map<string, Kept>();

  /**
   * What is known now. Where nothing is, it is asked meanwhile; a server on this machine also when that is older than
   * `maxAgeMs`: it may have loaded its model with another window.
   */
  latest(source: ModelSource, config: ProviderConfig, maxAgeMs = freshMs): LookUp {
    const kept = this.#keep(source, config);
    if (source.local) ask(kept, source, config, maxAgeMs);
    else if (kept.models.length === 0) ask(kept, source, config);
    return kept;
  }

  /** Asks where that is due, and resolves after the answer, or the longest that a page waits unless given. Never rejects. */
  async look(source: ModelSource, config: ProviderConfig, localWaitMs = pageWaitMs): Promise<void> {
    const kept = this.#keep(source, config);
    ask(kept, source, config);
    if (kept.running)
      await (source.local ? within(localWaitMs, kept.running, neverAborts) : kept.running);
  }

  /** What is known at this moment, which no later answer changes. Nothing is asked. */
  known(source: ModelSource, config: ProviderConfig): LookUp {
    const { models, problem, running } = this.#keep(source, config);
    if (running === undefined || models.length > 0) return defined({ models, problem });
    return { models, problem: { state: "silent", reason: `${source.name} has not answered yet.` } };
  }

  /** Everything is asked again when it is needed next. */
  expire(): void {
    for (const kept of this.#kept.values()) kept.askedAt = -Infinity;
  }

  #keep({ id }: ModelSource, config: ProviderConfig): Kept {
    const asked = JSON.stringify(config);
    let kept = this.#kept.get(id);
    if (kept?.config === asked) return kept;
    kept = { config: asked, askedAt: -Infinity, models: [] };
    this.#kept.set(id, kept);
    return kept;
  }
}

function ask(kept: Kept, source: ModelSource, config: ProviderConfig, maxAgeMs = freshMs): void {
  if (kept.running !== undefined || Date.now() - kept.askedAt <= maxAgeMs) return;
  kept.askedAt = Date.now();
  kept.running = renew(kept, source, config);
}

async function renew(kept: Kept, source: ModelSource, config: ProviderConfig): Promise<void> {
  const limitMs = source.local ? localLookUpMs : lookUpMs;
  const { models, problem, isLate } = await askModels(source, config, limitMs, neverAborts);
  if (!isLate) kept.models = models;
  if (problem === undefined) delete kept.problem;
  else kept.problem = problem;
  delete kept.running;
}

/** One look-up, kept nowhere. Rejects only with the reason of `signal`, which ends it; see `askService`. */
export async function askModels(
  source: ModelSource,
  config: ProviderConfig,
  limitMs: number,
  signal: AbortSignal,
): Promise<LookUp & { isLate: boolean }> {
  const ask = async (own: AbortSignal) => source.create(config).models(own);
  const answered = await askService(source, limitMs, ask, signal);
  if ("problem" in answered) return { models: [], ...answered };
  const { found: models } = answered;
  const problem = models.length === 0 ? emptyProblem(source) : undefined;
  return defined({ models, problem, isLate: false });
}
