/** What the name of a Gemini model says of it, on whichever wire it is asked. */

/** 2.5 of `gemini-2.5-pro`; undefined for another name, such as `gemini-flash-latest`. */
export function generationOf(model: string): number | undefined {
  const number = /\bgemini-(\d+(\.\d+)?)/i.exec(model)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** From Gemini 3 on, the first call of a turn is refused without a thought signature: Google documents this one for calls that another model made. */
export const noSignature = "skip_thought_signature_validator";
