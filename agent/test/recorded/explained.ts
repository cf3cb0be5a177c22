/** Where Rein's answer differs from what a recording says, and why that is right. A reason that no longer applies fails. */
import type { Answer } from "./answer";

interface Explained {
  reason: string;
  /** Turns what the recording says into what Rein makes of it. */
  change(answer: Answer): void;
}

/** By the recording's name. */
export const explained: Record<string, Explained> = {
  "anthropic--spliced-message-start": {
    reason:
      "the message begins again in the middle: what was shown stays, and its call has no input",
    change({ parts }) {
      parts.unshift(
        { type: "reasoning", text: "I will call the tool." },
        { type: "tool-call", id: "toolu_first", name: "test-tool", input: undefined },
      );
    },
  },
  "anthropic--anthropic-advisor-20250301.1": {
    reason:
      "the tokens of the other model that was asked for advice are counted too, at this model's price: marked as an estimate",
    change({ usage }) {
      usage!.input += 2728;
      usage!.output += 3880;
    },
  },
  "anthropic--anthropic-fallback": {
    reason:
      "what the model that declined has read is counted too, and all at its price: marked as an estimate",
    change: ({ usage }) => void (usage!.input += 408),
  },
  "openai--responses_openai-shell-container.1": {
    reason: "its deltas were shortened by hand, and what was shown stays",
    change({ parts }) {
      parts.splice(-1, 1, { type: "text", text: "The command ran successfully." });
    },
  },
  "xai--responses_xai-x-search-tool": {
    reason:
      "a part that Rein does not handle is shown when it is whole, and this one ended after its successors",
    change: ({ parts }) => void parts.splice(5, 0, ...parts.splice(1, 1)),
  },
};
