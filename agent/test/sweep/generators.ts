/** Generators of conversations: any answers of a model, whole or cut anywhere, with shrinking. */
import * as fc from "fast-check";
import {
  cut,
  failure,
  finish,
  type Piece,
  reasoning,
  redactedReasoning,
  type Step,
  text,
  toolCall,
} from "../upstream/upstream";
import type { Scenario } from "./scenarios";

const piece: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("So ", "be it.", " ", "\n\n", "", "```", '"\\', "🦦") },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
);
const pieces = fc.array(piece, { maxLength: 4 });

/** Tool calls without a process; some are invalid. */
const call: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom("*", "**/*.none").map((pattern) => toolCall("glob", { pattern })),
  fc.constant(toolCall("read", { path: "is-not-there" })),
  fc.constant(toolCall("fly", {})),
  fc.constant(toolCall("glob", { wrong: true })),
  fc.constantFrom("{not json", "", "[1]", '"x"').map((input) => toolCall("glob", [input])),
  fc
    .constantFrom("one", "two")
    .map((title) => toolCall("subagent", { role: "researcher", title, task: `Be ${title}.` })),
);

const thought: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: pieces.map((list) => reasoning("Hm ", ...list)) },
  { weight: 1, arbitrary: fc.constant(redactedReasoning()) },
);

/** Text comes before each: an answer that fails before its first word is retried, after a delay. */
const ending: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Step[]>([]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Step>(cut, failure("server"), finish("length"), finish("refusal"))
      .map((step) => [text("So far "), step]),
  },
);

const answer: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(thought, { maxLength: 1 }),
    fc.array(
      fc.oneof(
        pieces.map((list) => text(...list)),
        call,
      ),
      { maxLength: 3 },
    ),
    ending,
  )
  .map((steps) => steps.flat());

/** The next answer is then the summary, which may be none. */
const tooMuch = fc.constant<Step[]>([failure("context-length")]);

const anyAnswer = fc.oneof({ weight: 5, arbitrary: answer }, { weight: 1, arbitrary: tooMuch });

const subagentAnswers = fc.array(anyAnswer, { maxLength: 2 });

/** Up to five answers, after which the model has nothing more to ask for. */
export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  name: fc.constant("any"),
  permissions: fc.constant("all" as const),
  answers: fc.array(anyAnswer, { minLength: 1, maxLength: 5 }),
  subagents: fc.record({ one: subagentAnswers, two: subagentAnswers }),
});
