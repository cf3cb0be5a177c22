/** Turns the parts of Gemini's answers into ours. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { isUsable } from "../call-input";
import { HeldBack } from "../held-back";
import { otherPart } from "../other-part";
import { PartAssembler } from "../part-assembler";
import type { ModelEvent } from "../provider";
import { providerId } from "./gemini-history";
import { setPartialArg } from "./gemini-partial-args";

const text = z.string().nullish();
const partialArg = z.looseObject({ jsonPath: z.string() });
const functionCall = z.object({
  id: text,
  name: text,
  args: z.record(z.string(), z.unknown()).nullish(),
  partialArgs: z.array(partialArg).nullish(),
  willContinue: z.boolean().nullish(),
});

/** With all its fields: what Rein does not handle goes back as it came. */
export const answerPart = z.looseObject({
  text,
  thought: z.boolean().nullish(),
  thoughtSignature: text,
  functionCall: functionCall.nullish(),
});

type AnswerPart = z.output<typeof answerPart>;
type FunctionCall = z.output<typeof functionCall>;

/** A call whose input comes in pieces. */
interface OpenCall {
  call: FunctionCall;
  signature: string | undefined;
  args: Record<string, unknown>;
}

/** The parts of one answer. */
export class Parts {
  readonly #texts = new PartAssembler();
  readonly #held = new HeldBack();
  #open: OpenCall | undefined;
  #count = 0;
  calls = 0;

  *add(part: AnswerPart): Generator<ModelEvent> {
    const { thought, thoughtSignature, functionCall, text } = part;
    const signature = thoughtSignature ?? undefined;
    if (functionCall) yield* this.#call(functionCall, signature);
    else if (isText(part)) {
      yield* this.#texts.write(thought ? "reasoning" : "text", text ?? "");
      if (signature === undefined || thought) return;
      // It signs the last piece of a text, which is often empty.
      const signedCharacters = text?.length ?? 0;
      this.#texts.sign({ provider: providerId, thoughtSignature: signature, signedCharacters });
      yield* this.#texts.close();
    } else {
      yield* this.close();
      const name = Object.keys(part).find((key) => !ownKeys.has(key)) ?? "other";
      yield* otherPart(providerId, `other-${this.#count++}`, name, part, describe(part[name]));
    }
  }

  *close(): Generator<ModelEvent> {
    yield* this.#texts.close();
    yield* this.#endCall();
  }

  /** A call is whole, unless it says that it will go on: then pieces without a name follow, and an empty one may end it. */
  *#call(call: FunctionCall, signature: string | undefined): Generator<ModelEvent> {
    const { name, args, partialArgs, willContinue } = call;
    if (name || this.#open === undefined) {
      if (!name && !args && !partialArgs) return;
      yield* this.close();
      this.#open = { call, signature, args: { ...args } };
    }
    for (const piece of partialArgs ?? []) setPartialArg(this.#open.args, piece, this.#held);
    if (!willContinue) yield* this.#endCall();
  }

  /** The wire has no pieces of a call that one could show. An id is Google's to give; where it gives none, ours stays with us. */
  *#endCall(): Generator<ModelEvent> {
    if (this.#open === undefined) return;
    const { call, signature, args } = this.#open;
    this.#open = undefined;
    const key = `call-${this.calls++}`;
    const id = call.id ?? undefined;
    const input = isUsable(args) ? args : undefined;
    yield { type: "part-start", key, part: "tool-call", callId: id ?? "", name: call.name ?? "" };
    if (input !== undefined) yield { type: "part-delta", key, delta: JSON.stringify(input) };
    const meta = defined({ provider: providerId, id, thoughtSignature: signature });
    yield { type: "part-end", key, input, meta };
  }
}

const ownKeys = new Set(["thought", "thoughtSignature", "text"]);

function isText(part: AnswerPart): boolean {
  return typeof part.text === "string" || Object.keys(part).every((key) => ownKeys.has(key));
}

/** Of a file the kind and the size. */
function describe(data: unknown): string | undefined {
  const file = z.object({ mimeType: z.string(), data: z.string() }).safeParse(data).data;
  if (file === undefined) return undefined;
  return `${file.mimeType}, ${Math.ceil((file.data.length * 3) / 4 / 1000)} kB`;
}
