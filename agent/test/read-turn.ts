/** Reads a turn of an engine's conversation, and waits for its events. */
import type { EngineEnd, EngineEvent } from "../server/engines/engine";
import { within } from "./within";

/** Each event is there as soon as it has come. */
export class ReadTurn {
  readonly events: EngineEvent[] = [];
  readonly end: Promise<EngineEnd>;
  #changed = Promise.withResolvers<void>();

  constructor(turn: AsyncGenerator<EngineEvent, EngineEnd>) {
    this.end = within("the end of the turn", this.#read(turn));
  }

  /** The first event that satisfies the condition. */
  async until(condition: (event: EngineEvent) => boolean): Promise<EngineEvent> {
    return within("an event of the turn", this.#until(condition));
  }

  /** All text of a type, of the main loop or of a subagent. */
  text(type: "text" | "reasoning" = "text", agent?: string): string {
    const texts = this.events.map((event) =>
      event.type === type && event.agent === agent ? event.delta : "",
    );
    return texts.join("");
  }

  of<Type extends EngineEvent["type"]>(type: Type): Extract<EngineEvent, { type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<EngineEvent, { type: Type }> => event.type === type,
    );
  }

  async #until(condition: (event: EngineEvent) => boolean): Promise<EngineEvent> {
    for (;;) {
      const found = this.events.find(condition);
      if (found) return found;
      await this.#changed.promise;
    }
  }

  async #read(turn: AsyncGenerator<EngineEvent, EngineEnd>): Promise<EngineEnd> {
    for (;;) {
      const { done, value } = await turn.next();
      if (done) return value;
      this.events.push(value);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}
