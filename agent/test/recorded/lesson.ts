/** What a recorded answer taught, as a small stream of our own. */
import type { Answer } from "./answer";

export interface Lesson {
  /** As the service sends them, without framing. */
  chunks: object[];
  answer: Answer;
}
