/** The schema of a sentence that a client can translate. */
import { z } from "zod";
import type { Sentence, SentenceValue } from "../protocol";
import { shape } from "./shape";
import { text } from "./value-shapes";

const named: z.ZodType<SentenceValue> = z.lazy(() =>
  z.union([text, z.number(), sentence, z.array(named)]),
);

export const sentence = shape<Sentence>(
  "Sentence",
  "A sentence in English and what is to be put into it, for clients that translate it.",
)(
  z.strictObject({
    text: text.describe("With names in braces."),
    one: text.optional().describe("In its place where `count` is 1."),
    values: z.record(z.string(), named).optional(),
  }),
);
