/** Guards of what the page shows. Their tests need no built page. */
import type { Guard } from "./guard";

export const pageGuards: Guard[] = [
  {
    promise: "characters that are drawn as nothing are marks",
    file: "shared/visible-text.ts",
    find: "\\\\p{Cf}\\\\p{Co}",
    replace: "\\\\p{Co}",
    tests: ["attacks/model-visible-text.test.ts"],
  },
  {
    promise: "a carriage return is a mark",
    file: "shared/visible-text.ts",
    find: "\\\\x0B-\\\\x1F",
    replace: "\\\\x0E-\\\\x1F",
    tests: ["attacks/model-visible-text.test.ts"],
  },
  {
    promise: "a letter of another alphabet in an ASCII word is a mark",
    file: "shared/visible-text.ts",
    find: "[\\\\p{sc=Cyrl}",
    replace: "[",
    tests: ["attacks/model-visible-text.test.ts"],
  },
  {
    promise: "a part of an address or a path in another alphabet is a mark",
    file: "shared/visible-text.ts",
    find: "lookalike, foreignPart]",
    replace: "lookalike]",
    tests: ["attacks/model-visible-text.test.ts"],
  },
  {
    promise: "so much white space that a line wraps is a mark",
    file: "shared/visible-text.ts",
    find: "lineEnd, gap, lookalike,",
    replace: "lineEnd, lookalike,",
    tests: ["attacks/model-visible-text.test.ts"],
  },
  {
    promise: "a changed line that looks like a header stays in the diff",
    file: "client/conversation/diff-lines.ts",
    find: "if (before + after > 0 && line[0]",
    replace: "if (before + after > 0 && !header.test(line) && line[0]",
    tests: ["attacks/model-visible-text.test.ts"],
  },
  {
    promise: "no message goes out without a model",
    file: "client/state/message-sending.ts",
    find: 'if (phase() !== "loading" && lacksModel(',
    replace: "if (false && lacksModel(",
    tests: ["client-retry-files.test.ts"],
    title: "without a model neither",
  },
  {
    promise: "a provider without a list stays in the menu of models",
    file: "client/components/model-groups.ts",
    find: "if (isUnlisted)",
    replace: "if (false && isUnlisted)",
    tests: ["model-groups.test.ts"],
    title: "stays, says why",
  },
  {
    promise: "the files of a retry are shown whatever stands around the command",
    file: "client/state/split-command.ts",
    find: "input.trim()",
    replace: "input",
    tests: ["client-retry-files.test.ts"],
    title: "that the command reads as /retry",
  },
];
