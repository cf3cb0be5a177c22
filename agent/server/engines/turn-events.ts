/** What an engine says in a turn, from its adapter to the loop: bounded however slowly that reads, and nothing outside a turn. */
import { EngineError, type EngineEnd, type EngineEvent } from "./engine";

/** Characters that wait to be read: some hundred times the longest answer of a model. */
const mostCharacters = 32_000_000;
/** Events that wait and cannot be joined. */
const mostEvents = 100_000;

type Output = Extract<EngineEvent, { type: "tool-output" }>;

export class TurnEvents {
  #turn: Turn | undefined;

  /** A turn is under way. */
  get isOpen(): boolean {
    return this.#turn !== undefined && this.#turn.end === undefined;
  }

  /**
   * Begins a turn at once: what is pushed from now on is yielded, until its end. Throws EngineError when one is under way.
   * A reader that leaves ends the turn.
   */
  begin(): AsyncGenerator<EngineEvent, EngineEnd> {
    if (this.isOpen) throw new EngineError("engine-busy", "The engine is still at work.");
    const turn = new Turn();
    this.#turn = turn;
    return turn.read();
  }

  /** Keeps the event for the reader; false: there is no turn, and it is dropped. */
  push(event: EngineEvent): boolean {
    if (!this.isOpen) return false;
    this.#turn!.add(event);
    return true;
  }

  /** Ends the turn, after all that was pushed. The first end counts; without effect outside a turn. */
  end(end: EngineEnd): void {
    this.#turn?.finish(end);
  }
}

class Turn {
  #waiting: { event: EngineEvent }[] = [];
  #characters = 0;
  /** The last waiting event of each agent: a delta of the same key goes on there. */
  readonly #lastOf = new Map<string | undefined, { event: EngineEvent }>();
  /** The last waiting event of each type and key, which a later one replaces or adds to. */
  readonly #lastNamed = new Map<string, { event: EngineEvent }>();
  #wake = Promise.withResolvers<void>();
  end: EngineEnd | undefined;

  add(event: EngineEvent): void {
    if (!this.#join(event)) this.#append(event);
    if (this.#characters > mostCharacters || this.#waiting.length > mostEvents)
      this.finish({
        outcome: "failed",
        error: { code: "engine-flood", message: "The engine wrote far more than can be read." },
      });
    this.#wake.resolve();
  }

  finish(end: EngineEnd): void {
    this.end ??= end;
    this.#wake.resolve();
  }

  async *read(): AsyncGenerator<EngineEvent, EngineEnd> {
    try {
      for (;;) {
        for (const { event } of this.#take()) yield event;
        if (this.#waiting.length > 0) continue;
        if (this.end) return this.end;
        this.#wake = Promise.withResolvers<void>();
        await this.#wake.promise;
      }
    } finally {
      this.finish({ outcome: "interrupted" });
      this.#take();
    }
  }

  #take(): { event: EngineEvent }[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#characters = 0;
    this.#lastOf.clear();
    this.#lastNamed.clear();
    return taken;
  }

  #append(event: EngineEvent): void {
    const waiting = { event };
    this.#waiting.push(waiting);
    this.#characters += charactersOf(event);
    this.#lastOf.set("agent" in event ? event.agent : undefined, waiting);
    this.#lastNamed.set(nameOf(event), waiting);
  }

  /** Whether a waiting event has taken it in. */
  #join(event: EngineEvent): boolean {
    const before = this.#before(event);
    const joined = before && join(before.event, event);
    if (joined === undefined) return false;
    this.#characters += charactersOf(joined) - charactersOf(before!.event);
    before!.event = joined;
    return true;
  }

  #before(event: EngineEvent): { event: EngineEvent } | undefined {
    const isText = event.type === "text" || event.type === "reasoning";
    return isText ? this.#lastOf.get(event.agent) : this.#lastNamed.get(nameOf(event));
  }
}

/** Two events as one, where the reader misses nothing by that. */
function join(before: EngineEvent, event: EngineEvent): EngineEvent | undefined {
  switch (event.type) {
    case "text":
    case "reasoning":
      return before.type === event.type && before.key === event.key
        ? { ...event, delta: before.delta + event.delta }
        : undefined;
    case "tool-output":
      return joinOutput(before as Output, event);
    case "usage":
    case "context":
    case "plan":
      return event;
    default:
      return undefined;
  }
}

function joinOutput(before: Output, event: Output): Output {
  if ("whole" in event) return event;
  return "whole" in before
    ? { ...before, whole: before.whole + event.delta }
    : { ...before, delta: before.delta + event.delta };
}

function nameOf(event: EngineEvent): string {
  return "key" in event ? `${event.type} ${event.key}` : event.type;
}

/** About as many as its JSON has. */
function charactersOf(event: EngineEvent): number {
  let characters = 0;
  const left: unknown[] = [event];
  while (left.length > 0) {
    const value = left.pop();
    characters += typeof value === "string" ? value.length : 2;
    if (typeof value !== "object" || value === null) continue;
    const inner: unknown[] = Object.values(value);
    if (!Array.isArray(value)) for (const name in value) characters += name.length;
    for (const one of inner) left.push(one);
  }
  return characters;
}
