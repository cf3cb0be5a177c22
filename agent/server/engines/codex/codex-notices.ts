/** What Codex tells without being asked, handed to the turn and the conversation that it is about. */
import { retryNotice, endOfTurn } from "./codex-errors";
import type { EngineEnd } from "../engine";
import type { CodexThread } from "./codex-thread";
import type { CodexTurn, TurnPlace } from "./codex-turn";
import { notices, type Tokens } from "./codex-wire";

/** What of it is the conversation's. */
export interface NoticeTarget {
  turnStarted(place: TurnPlace): void;
  turnCompleted(place: TurnPlace, end: EngineEnd): void;
  threadClosed(threadId: string): void;
  noteTotal(threadId: string, total: Tokens): void;
  /** A user's message is in the conversation. `clientId`: as `turn/steer` has named it. */
  messageTaken(clientId: string): void;
  warn(message: string): void;
  resolved(id: string | number): void;
}

/** Leaves out what it does not know, or does not understand. */
export function handleNotice(
  method: string,
  params: unknown,
  turn: CodexTurn | undefined,
  of: NoticeTarget,
): void {
  handlers[method]?.(params, turn, of);
}

type Handler = (params: unknown, turn: CodexTurn | undefined, of: NoticeTarget) => void;

/** A handler for what matches the schema; anything else is left out. */
function on<T>(
  schema: { safeParse(value: unknown): { data?: T } },
  handle: (data: T, turn: CodexTurn | undefined, of: NoticeTarget) => void,
): Handler {
  return (params, turn, of) => {
    const { data } = schema.safeParse(params);
    if (data !== undefined) handle(data, turn, of);
  };
}

function threadOf(
  { threadId }: { threadId: string },
  turn: CodexTurn | undefined,
): CodexThread | undefined {
  return turn?.thread(threadId);
}

const text = (type: "text" | "reasoning" | "tool-output") =>
  on(notices.delta, (data, turn) => threadOf(data, turn)?.delta(data, type, data.delta));

const handlers: Record<string, Handler | undefined> = {
  "turn/started": on(notices.turnStarted, ({ threadId, turn: { id } }, _turn, of) =>
    of.turnStarted({ threadId, turnId: id }),
  ),
  "turn/completed": on(
    notices.turnCompleted,
    ({ threadId, turn: { id, status, error } }, _turn, of) =>
      of.turnCompleted({ threadId, turnId: id }, endOfTurn(status, error)),
  ),
  "thread/closed": on(notices.closed, ({ threadId }, _turn, of) => of.threadClosed(threadId)),
  "item/started": on(notices.item, ({ item, ...data }, turn, of) => {
    if (item?.type === "userMessage") of.messageTaken(item.clientId ?? "");
    else if (item) threadOf(data, turn)?.itemStarted(data.turnId, item);
  }),
  "item/completed": on(notices.item, ({ item, ...data }, turn) => {
    if (item && item.type !== "userMessage") threadOf(data, turn)?.itemCompleted(data.turnId, item);
  }),
  "item/agentMessage/delta": text("text"),
  "item/plan/delta": text("text"),
  "item/reasoning/summaryTextDelta": text("reasoning"),
  "item/reasoning/textDelta": text("reasoning"),
  "item/reasoning/summaryPartAdded": on(notices.summaryPart, (data, turn) =>
    threadOf(data, turn)?.summaryPart(data),
  ),
  "item/commandExecution/outputDelta": text("tool-output"),
  "item/mcpToolCall/progress": on(notices.progress, (data, turn) =>
    threadOf(data, turn)?.delta(data, "tool-output", `${data.message}\n`),
  ),
  "item/fileChange/patchUpdated": on(notices.changes, (data, turn) =>
    threadOf(data, turn)?.changed(data, data.changes),
  ),
  "turn/plan/updated": on(notices.plan, (data, turn) =>
    threadOf(data, turn)?.plan(
      data.turnId,
      data.plan.map(({ step, status }) => ({ text: step, state: stepStates[status] ?? "pending" })),
    ),
  ),
  "thread/tokenUsage/updated": on(notices.tokens, (data, turn, of) => {
    const { total, last, modelContextWindow } = data.tokenUsage;
    turn?.used(data, { total, last }, modelContextWindow);
    of.noteTotal(data.threadId, total);
  }),
  error: on(notices.error, (data, turn) => {
    if (data.willRetry) threadOf(data, turn)?.notice(data.turnId, retryNotice(data.error));
  }),
  warning: on(notices.warning, ({ message }, _turn, of) => of.warn(message)),
  guardianWarning: on(notices.warning, ({ message }, _turn, of) => of.warn(message)),
  "model/rerouted": on(notices.rerouted, (data, turn) =>
    threadOf(data, turn)?.notice(
      data.turnId,
      `The service has answered with ${data.toModel} in the place of ${data.fromModel}.`,
    ),
  ),
  "serverRequest/resolved": on(notices.resolved, ({ requestId }, _turn, of) =>
    of.resolved(requestId),
  ),
};

const stepStates: Record<string, "pending" | "in_progress" | "completed" | undefined> = {
  pending: "pending",
  inProgress: "in_progress",
  completed: "completed",
};
