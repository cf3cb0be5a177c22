/** What a receipt is told of a turn of an engine: the end of its processes, and what its stop waited for. */
import { defined } from "../../shared/defined";
import type { JobEnd } from "../processes/jobs";
import type { EngineStop } from "./engine-stop";
import type { EngineLoopRequest, TurnGate } from "./engine-turn-types";

/** `own`: the pids that are the engine's own, not its commands'. */
export function reportEnd(
  { jobEnds, agentId }: EngineLoopRequest,
  end: JobEnd,
  own: number[],
): void {
  // An engine that has died by itself has left its commands behind.
  const ended = [...end.ended, ...end.leftBehind];
  const names = defined({ engineOwn: own, toolCallId: agentId });
  jobEnds.push({ ...end, ended, at: Date.now(), ...names });
}

/** `closed`: its requests to the model that the stop found open. */
export function reportTurn(
  { engine, report, setting }: EngineLoopRequest,
  gate: TurnGate | undefined,
  { waited, idleMs }: Partial<EngineStop> = {},
  closed = 0,
): void {
  const { id, name } = engine;
  const connection = setting().provider === undefined ? "engine" : "rein";
  const { requests: made = 0, closedAt } = gate?.counts ?? {};
  const calls = { made, closed, ...defined({ closedAt: closed > 0 ? closedAt : undefined }) };
  const modelCalls = gate && calls;
  report({ id, name, connection, ...defined({ waited, idleMs, modelCalls }) });
}
