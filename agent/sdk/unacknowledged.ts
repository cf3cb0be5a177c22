/** A stop of a run by its id that stopped nothing, while a machine that may have the run was not reached: it is no answer. */
import type { StopAnswers } from "./route-answers";
import { ApiError } from "./transport";

/** The error in the place of such an answer; undefined: it is one. */
export function unacknowledged({
  answers,
  unreached: [missing] = [],
}: StopAnswers): ApiError | undefined {
  if (missing === undefined || answers.some(({ stopped }) => stopped)) return undefined;
  const { node, reason } = missing;
  const words = `The stop was not acknowledged by “${node}”, so what runs there may go on. ${reason}`;
  return new ApiError(503, "undelivered", words, undefined, undefined, node);
}
