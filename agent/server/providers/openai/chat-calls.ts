/** The tool calls of one Chat Completions answer, put together from pieces that servers number in different ways. */
import { defined } from "../../../shared/defined";
import { BadAnswerError } from "../bad-answer";
import { bounds } from "../bounds";
import { isUsable, parseInput } from "../call-input";
import type { HeldBack } from "../held-back";
import type { ModelEvent } from "../provider";
import type { CallDelta } from "./chat-chunk";

interface Call {
  index: number;
  /** The server's own id; none yet, or none at all. */
  sentId: string;
  key: string;
  name: string;
  json: string;
  extra?: Record<string, unknown>;
}

/** Their inputs are whole only when the server has said that the answer is. */
export class ChatCalls {
  readonly #calls: Call[] = [];
  readonly #held: HeldBack;

  constructor(held: HeldBack) {
    this.#held = held;
  }

  get any(): boolean {
    return this.#calls.length > 0;
  }

  /** The calls of one chunk. */
  *write(deltas: CallDelta[]): Generator<ModelEvent> {
    for (const [position, delta] of deltas.entries()) {
      const { name = "", arguments: input } = delta.function ?? {};
      // Some servers announce calls that they then do not make.
      if (!delta.id && !name && !input && this.#calls.length === 0) continue;
      const call = this.#find(delta, deltas.length > 1 ? position : undefined) ?? this.#add(delta);
      if (delta.extra_content) {
        this.#held.add(delta.extra_content);
        call.extra = delta.extra_content;
      }
      if (call.sentId === "" && delta.id) {
        this.#held.add(delta.id);
        call.sentId = delta.id;
      }
      const piece = textOf(input);
      call.json += piece;
      if (call.name !== "") {
        if (piece !== "") yield { type: "part-delta", key: call.key, delta: piece };
      } else if (name) {
        call.name = name;
        yield* start(call);
      } else this.#held.add(piece);
    }
  }

  /** `isSaid`: the server gave a reason for its end. Without one, a call that has no input may be half of one. */
  *close(isSaid: boolean): Generator<ModelEvent> {
    for (const call of this.#calls) {
      // A call without a name is passed on too: the answer guard refuses it, with words for the user.
      if (call.name === "") yield* start(call);
      if (!isSaid && call.json === "") continue;
      const meta = call.extra && { provider: "", extraContent: call.extra };
      const input = parseInput(call.json);
      yield defined({ type: "part-end" as const, key: call.key, input, meta });
    }
  }

  /** The call that a piece belongs to; undefined when it begins another one. */
  #find({ index, id, function: said }: CallDelta, position?: number): Call | undefined {
    const begins = Boolean(said?.name);
    if (typeof index === "number") {
      const call = this.#calls.findLast((one) => one.index === index);
      // Some servers number every parallel call 0: a new id with a name is a new call.
      return id && begins && call?.sentId && call.sentId !== id ? undefined : call;
    }
    const known = id ? this.#calls.findLast(({ sentId }) => sentId === id) : undefined;
    if (known !== undefined) return known;
    if (id && (begins || !said?.arguments)) return undefined;
    const last = position === undefined ? this.#calls.at(-1) : this.#calls[position];
    // A server that numbers nothing names each call once.
    return begins && last?.name ? undefined : last;
  }

  #add(delta: CallDelta): Call {
    const { index, id } = delta;
    const count = this.#calls.length;
    if (count >= bounds.toolCalls)
      throw new BadAnswerError(`more than ${bounds.toolCalls} tool calls in an answer`);
    this.#held.add(delta);
    const call: Call = {
      index: index ?? count,
      sentId: id ?? "",
      key: `call-${count}`,
      name: "",
      json: "",
    };
    this.#calls.push(call);
    return call;
  }
}

/** Begins when its name is known, with the input that came before. */
function* start({ key, name, sentId, json }: Call): Generator<ModelEvent> {
  yield { type: "part-start", key, part: "tool-call", callId: sentId, name };
  if (json !== "") yield { type: "part-delta", key, delta: json };
}

/** Some servers send the whole input as an object. One that cannot be read is no JSON for the tool runner either. */
function textOf(input: string | Record<string, unknown> | null | undefined): string {
  if (typeof input === "string") return input;
  if (!input) return "";
  return isUsable(input) ? JSON.stringify(input) : "(an input that cannot be read)";
}
