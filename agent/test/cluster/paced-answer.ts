/** Answers of the scripted upstream at the pace of a model. */
import { type Gate, type Piece, type Step, text } from "../upstream/upstream";

/** Words one after the other, `everyMs` apart, each with its number, so that a gap or a repetition shows. */
export function pacedText(words: number, everyMs: number): Step {
  const pieces: Piece[] = [];
  for (let index = 0; index < words; index++) pieces.push(`w${index} `, pace(everyMs));
  return text(...pieces);
}

function pace(everyMs: number): Gate {
  return {
    type: "gate",
    reached: Promise.resolve(),
    open: () => undefined,
    pass: () => Bun.sleep(everyMs),
  };
}
