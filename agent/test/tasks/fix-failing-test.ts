import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const test = `import { expect, test } from "bun:test";
import { pages } from "./pages";

test("a list that fills its last page has no empty page after it", () => {
  expect(pages(20, 10)).toBe(2);
});
test("a rest has a page of its own", () => {
  expect(pages(21, 10)).toBe(3);
});
test("an empty list has one page", () => {
  expect(pages(0, 10)).toBe(1);
});
`;

export const fixFailingTest: Task = {
  name: "fix-failing-test",
  message: "One of the tests here fails (`bun test`). Fix the code, not the test.",
  files: {
    "pages.test.ts": test,
    "pages.ts": `/** How many pages a list of this length has; an empty list has one. */
export function pages(items: number, perPage: number): number {
  return Math.floor(items / perPage) + 1;
}
`,
  },
  check: (directory) =>
    firstFault(
      () => directory.has("pages.test.ts", test),
      () => directory.succeeds("bun test"),
    ),
  script: [
    [toolCall("bash", { command: "bun test" }), toolCall("read", { path: "pages.ts" })],
    [
      toolCall("edit", {
        path: "pages.ts",
        oldText: "Math.floor(items / perPage) + 1",
        newText: "Math.max(1, Math.ceil(items / perPage))",
      }),
    ],
    [text("A full last page was followed by an empty one. `pages` rounds up now.")],
  ],
};
