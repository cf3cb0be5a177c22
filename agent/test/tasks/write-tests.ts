import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const right = `/** Seconds of a text such as "90s", "5m" or "2h". Throws a RangeError for anything else. */
export function seconds(text: string): number {
  const found = /^(\\d+)([smh])$/.exec(text);
  if (found === null) throw new RangeError(text);
  return Number(found[1]) * { s: 1, m: 60, h: 3600 }[found[2] as "s" | "m" | "h"];
}
`;
/** Each is to be found by the tests. */
const wrong = [
  right.replace("m: 60", "m: 100"),
  right.replace("h: 3600", "h: 360"),
  right.replace("throw new RangeError(text)", "return 0"),
];

export const writeTests: Task = {
  name: "write-tests",
  message:
    "Write tests for seconds.ts into seconds.test.ts (`bun test`): for each of the three units, and for a text that is none of them. Do not change seconds.ts.",
  files: { "seconds.ts": right },
  check: (directory) =>
    firstFault(
      () => directory.has("seconds.ts", right),
      () => directory.succeeds("bun test seconds.test.ts"),
      async () => {
        directory.add(Object.fromEntries(wrong.map((code, at) => [`wrong${at}/seconds.ts`, code])));
        // One command for all of them: each start of the tests costs time.
        return directory.succeeds(
          wrong
            .map(
              (_, at) =>
                `cp seconds.test.ts wrong${at}/ && (cd wrong${at} && ! bun test >/dev/null 2>&1)`,
            )
            .join(" && "),
        );
      },
    ),
  script: [
    [toolCall("read", { path: "seconds.ts" })],
    [
      toolCall("write", {
        path: "seconds.test.ts",
        content: `import { expect, test } from "bun:test";
import { seconds } from "./seconds";

test.each([["90s", 90], ["5m", 300], ["2h", 7200]] as const)("%s", (text, expected) => {
  expect(seconds(text)).toBe(expected);
});
test("another text is refused", () => {
  expect(() => seconds("5 days")).toThrow(RangeError);
});
`,
      }),
    ],
    [toolCall("bash", { command: "bun test" })],
    [text("Four tests, and they pass.")],
  ],
};
