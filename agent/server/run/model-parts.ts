/** What every loop that asks one model has: its provider, the files it takes, and what is waited for before each turn. */
import { unpricedUsdPerMillion } from "../../shared/cost";
import { filesOfPart } from "../../shared/message-parts";
import type { EditForm } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { ReadingModel } from "../../shared/file-bounds";
import { whyNotTaken } from "../../shared/taken-files";
import type { LoopRequest } from "../agent/agent-loop";
import { Retries } from "../agent/retry";
import { readRequestFiles } from "../attachments/request-files";
import type { LiveSession } from "../session/live-session";
import type { FileKeeper } from "../tools/tool";
import type { ChosenModel } from "./chosen-model";
import { logUnpriced } from "./run-log";
import type { LoopParts, LoopRun } from "./run-types";

export type OfModel = Pick<
  LoopRequest,
  | "provider"
  | "model"
  | "options"
  | "searches"
  | "info"
  | "readFiles"
  | "pauseGate"
  | "waits"
  | "retries"
  | "recordCost"
  | "beforeTurn"
>;

/** What every loop that asks this model has, the agent's, a summary's or a subagent's; `keeper` is for its tools. */
export function modelParts(
  parts: LoopParts,
  live: LiveSession,
  run: LoopRun,
  { provider, model, options }: ChosenModel,
): { ofModel: OfModel; keeper: FileKeeper } {
  const { catalog } = parts;
  const { readFiles, keeper } = filesOfModel(parts, live, provider, model);
  const ofModel: OfModel = {
    provider: catalog.provider(provider),
    model,
    options,
    searches: () => catalog.choices().web.search?.service === "provider",
    info: () => catalog.info(provider, model),
    readFiles,
    pauseGate: run.pauseGate,
    waits: run.waits,
    retries: new Retries(() => parts.limits().retry),
    recordCost: (messageId, cost) => run.limits.recordCost(messageId, cost),
    async beforeTurn(signal) {
      await catalog.settledWindow(provider, model, signal);
      await sayUnpriced(parts, live, run, { provider, model }, signal);
      await passLimits(run, signal);
    },
  };
  return { ofModel, keeper };
}

/** How the model changes files, as it is known now. */
export function editFormOf({ info }: Pick<OfModel, "info">): EditForm {
  return info()?.edits ?? "passages";
}

/** What this model reads of files and keeps. What is known of it may change: the list of models comes late. */
function filesOfModel(
  { catalog, attachments }: LoopParts,
  live: LiveSession,
  provider: string,
  model: string,
): Pick<LoopRequest, "readFiles"> & { keeper: FileKeeper } {
  const reader = (): ReadingModel => {
    const info = catalog.info(provider, model);
    return { provider, model, takes: info?.takes, contextTokens: info?.contextTokens };
  };
  return {
    readFiles: (messages, signal) => readRequestFiles(attachments, messages, reader(), signal),
    keeper: {
      // Of a kind: what is too large is said where it is sent.
      whyNotTaken: (mediaType) => whyNotTaken({ mediaType, bytes: 0 }, reader()),
      keep: (content, signal) => attachments.add([content], signal),
      attached: () => live.session.messages.flatMap(({ parts }) => parts.flatMap(filesOfPart)),
      read: (hash, signal) => attachments.read(hash, signal),
    },
  };
}

/**
 * Before a model is asked whose price is not known: that the run's limit in dollars counts its tokens at a flat price, and
 * whether only until its service states the cost.
 * It is said once a run and model. Without such a limit nothing is waited for; a stop ends the wait.
 */
export async function sayUnpriced(
  { catalog }: LoopParts,
  live: LiveSession,
  run: LoopRun,
  { provider, model }: { provider: string; model: string },
  signal: AbortSignal,
): Promise<void> {
  if (!run.limits.isInDollars) return;
  const info = await catalog.settledInfo(provider, model, signal);
  const said = findRun(live.session, run.id)?.unpriced ?? [];
  const isSaid = said.some((one) => one.provider === provider && one.model === model);
  if (signal.aborted || info?.price !== undefined || isSaid) return;
  const statesCost = catalog.provider(provider).statesCost && { statesCost: true as const };
  const unpriced = { provider, model, usdPerMillion: unpricedUsdPerMillion, ...statesCost };
  live.emit({ type: "run-unpriced", runId: run.id, ...unpriced });
  logUnpriced(live.session, run.id, unpriced);
}

/** Waits until the run is not paused and no limit is reached; then a turn begins. */
export async function passLimits(
  { pauseGate, limits }: LoopRun,
  signal: AbortSignal,
): Promise<void> {
  do await pauseGate.pass(signal);
  while (!signal.aborted && !limits.beginTurn());
}
