/**
 * What an editor has been shown of a session, and the updates that bring it up to date. It compares the session's state with
 * what was sent: a replay, a live event and a snapshot after a lost connection are one mechanism.
 */
import type { SessionUpdate } from "@agentclientprotocol/sdk";
import { receiptLine, stopLabels } from "../../client/state/outcome-labels";
import { markText, otherPartName, toolCallsOf } from "../../shared/message-parts";
import {
  isOutcome,
  type Message,
  type Part,
  type Permissions,
  type PlanEntry,
  type Run,
  type Session,
  type ToolCallPart,
  type ToolCallState,
} from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { shownSteps } from "../../shared/shown-steps";
import { describeFile } from "../../shared/taken-files";
import { piecesOf, plainText } from "./editor-text";
import { stopReasonOf } from "./prompt-answer";
import { toolCard } from "./tool-card";
import { waitCard } from "./wait-card";

/** While a call stays in one state, its card is sent at most so often. */
export const cardMs = 100;

interface DrawnCard {
  /** Each field as it was sent, as JSON. */
  fields: Map<string, string>;
  state: ToolCallState;
  at: number;
}

export class SessionUpdates {
  /** Runs whose message the editor has sent: it shows that itself. */
  readonly #own = new Set<string>();
  /** Runs that are shown to their end. */
  readonly #ended = new Set<string>();
  /** By part: how much of its text was sent. */
  readonly #texts = new Map<string, number>();
  readonly #cards = new Map<string, DrawnCard>();
  /** By part. */
  readonly #plans = new Map<string, string>();
  /** The to-do list as it was sent, as JSON. */
  #todo = "[]";
  /** The card of what the run waits for. */
  #wait: string | undefined;
  #title: string | undefined;
  #permissions: Permissions | undefined;
  #usage: string | undefined;

  /** A card is held back: `update` is to be called again, `cardMs` later. */
  isHolding = false;

  /** The editor has sent the message of this run. */
  own(runId: string): void {
    this.#own.add(runId);
  }

  /** The editor has set them itself. */
  knowsPermissions(permissions: Permissions): void {
    this.#permissions = permissions;
  }

  /** What the editor does not show yet, in order. `now` in milliseconds. */
  update(session: Session, now: number): SessionUpdate[] {
    this.isHolding = false;
    const updates = [
      ...this.#settings(session),
      ...this.#conversation(session, now),
      ...this.#todos(session),
      ...this.#waits(session, now),
    ];
    if (session.runs.at(-1)?.state === "settled") {
      this.#texts.clear();
      this.#cards.clear();
      this.#plans.clear();
    }
    return updates;
  }

  *#settings({ title, permissions, context, usage }: Session): Generator<SessionUpdate> {
    if (title !== this.#title)
      yield { sessionUpdate: "session_info_update", title: plainText(title) };
    if (this.#permissions !== undefined && permissions !== this.#permissions)
      yield { sessionUpdate: "current_mode_update", currentModeId: permissions };
    this.#title = title;
    this.#permissions = permissions;
    if (context?.windowTokens === undefined) return;
    const { costUsd } = usage;
    const known = {
      used: context.usedTokens,
      size: context.windowTokens,
      ...(costUsd !== undefined && { cost: { amount: costUsd, currency: "USD" } }),
    };
    const text = JSON.stringify(known);
    if (text !== this.#usage) yield { sessionUpdate: "usage_update", ...known };
    this.#usage = text;
  }

  *#conversation(session: Session, now: number): Generator<SessionUpdate> {
    const { messages, runs } = session;
    const first = messages.findLastIndex(({ runId }) => this.#ended.has(runId)) + 1;
    let before: string | undefined;
    for (const message of messages.slice(first)) {
      if (before !== undefined && message.runId !== before)
        yield* this.#end(findRun(session, before));
      before = message.runId;
      yield* this.#message(session, message, now);
    }
    const last = runs.findLastIndex(({ id }) => this.#ended.has(id)) + 1;
    for (const run of runs.slice(last)) yield* this.#end(run);
  }

  *#waits(session: Session, now: number): Generator<SessionUpdate> {
    const run = activeRun(session);
    const card = run && waitCard(run, now);
    if (card?.toolCallId === this.#wait) return;
    if (this.#wait !== undefined)
      yield { sessionUpdate: "tool_call_update", toolCallId: this.#wait, status: "completed" };
    if (card !== undefined) yield { sessionUpdate: "tool_call", ...card };
    this.#wait = card?.toolCallId;
  }

  /** A list that was taken away is an empty one. */
  *#todos({ todo }: Session): Generator<SessionUpdate> {
    const entries = entriesOf(todo?.entries ?? []);
    const sent = JSON.stringify(entries);
    if (sent !== this.#todo) yield { sessionUpdate: "plan", entries };
    this.#todo = sent;
  }

  *#message(session: Session, message: Message, now: number): Generator<SessionUpdate> {
    const isOwn = message.role === "user" && this.#isOwn(session, message);
    // The lines of its command are news.
    for (const part of isOwn ? toolCallsOf(message) : message.parts)
      yield* this.#part(session, message, part, now);
  }

  /** The first of a run; what the page adds to the run is news. */
  #isOwn({ messages }: Session, { id, runId }: Message): boolean {
    if (!this.#own.has(runId)) return false;
    return messages.find((one) => one.runId === runId && one.role === "user")?.id === id;
  }

  *#part(session: Session, message: Message, part: Part, now: number): Generator<SessionUpdate> {
    switch (part.type) {
      case "text":
        return yield* this.#text(
          message.role === "user" ? "user_message_chunk" : "agent_message_chunk",
          message.id,
          part,
        );
      case "reasoning":
        return yield* this.#text("agent_thought_chunk", message.id, part);
      case "file":
        return yield* this.#text("user_message_chunk", message.id, {
          id: part.id,
          text: `[${describeFile(part)}]`,
        });
      case "tool-call":
        return yield* this.#call(part, session.cwd, now);
      case "plan": {
        // An engine's plan is the session's to-do list, too.
        if (session.todo !== undefined) return;
        const entries = entriesOf(shownSteps(part, findRun(session, message.runId)));
        const sent = JSON.stringify(entries);
        if (this.#plans.get(part.id) === sent) return;
        this.#plans.set(part.id, sent);
        return yield { sessionUpdate: "plan", entries };
      }
      case "other": {
        if (this.#texts.has(part.id)) return;
        this.#texts.set(part.id, 0);
        const title = plainText([otherPartName(part), part.text].filter(Boolean).join(": "));
        return yield {
          sessionUpdate: "tool_call",
          toolCallId: part.id,
          title,
          status: "completed",
        };
      }
      case "interruption":
        // The receipt says that it was stopped.
        if (part.stop !== undefined && part.stop.by !== "pause") return;
        return yield* this.#text("agent_message_chunk", message.id, {
          id: part.id,
          text: `\n\n${markText(part)}\n\n`,
        });
    }
  }

  *#text(
    sessionUpdate: "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk",
    messageId: string,
    { id, text }: { id: string; text: string },
  ): Generator<SessionUpdate> {
    const sent = this.#texts.get(id) ?? 0;
    if (text.length <= sent) return;
    this.#texts.set(id, text.length);
    for (const piece of piecesOf(plainText(text.slice(sent))))
      yield { sessionUpdate, content: { type: "text", text: piece }, messageId };
  }

  /** A subagent's call has a card of its own once it is asked about. */
  *#call(part: ToolCallPart, cwd: string, now: number): Generator<SessionUpdate> {
    yield* this.#card(part, cwd, now);
    for (const { parts } of part.subagent?.messages ?? [])
      for (const one of parts)
        if (one.type === "tool-call" && one.approval) yield* this.#card(one, cwd, now);
  }

  *#card(part: ToolCallPart, cwd: string, now: number): Generator<SessionUpdate> {
    const { id, state } = part;
    const drawn = this.#cards.get(id);
    if (drawn?.state === state) {
      if (isOutcome(state)) return;
      if (now - drawn.at < cardMs) {
        this.isHolding = true;
        return;
      }
    }
    const card = toolCard(part, cwd);
    const fields = new Map(
      Object.entries(card).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    this.#cards.set(id, { fields, state, at: now });
    if (drawn === undefined) return yield { sessionUpdate: "tool_call", ...card };
    const changed = Object.entries(card).filter(
      ([name]) => fields.get(name) !== drawn.fields.get(name),
    );
    if (changed.length > 0)
      yield {
        sessionUpdate: "tool_call_update",
        toolCallId: id,
        ...Object.fromEntries(changed),
      };
  }

  *#end(run: Run | undefined): Generator<SessionUpdate> {
    if (run?.state !== "settled" || this.#ended.has(run.id)) return;
    this.#ended.add(run.id);
    const words = endWords(run, this.#own.has(run.id));
    if (words === "") return;
    const content = { type: "text" as const, text: `\n\n${plainText(words)}` };
    yield { sessionUpdate: "agent_message_chunk", content, messageId: `${run.id}-end` };
  }
}

/** The error of a run of the editor's own is the answer of its prompt. */
function endWords(run: Run, isOwn: boolean): string {
  const { outcome, receipt, stop, error } = run;
  if (outcome === "stopped") return receipt ? receiptLine(receipt) : stopLabels[stop?.by ?? "user"];
  const isAnswered = isOwn && stopReasonOf(run) === undefined;
  return outcome === "failed" && error && !isAnswered ? error.message : "";
}

function entriesOf(entries: readonly PlanEntry[]) {
  return entries.map(({ text, state }) => ({
    content: plainText(text),
    priority: "medium" as const,
    // ACP has no word for one that was stopped: it is still to do.
    status: state === "stopped" ? ("pending" as const) : state,
  }));
}
