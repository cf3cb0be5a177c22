import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const main = `import { area } from "./shapes";\nconsole.log(area(3, 4));\n`;

export const removeDeadCode: Task = {
  name: "remove-dead-code",
  message:
    "main.ts is the only entry. Remove what is not needed for it: files that nothing imports, and exported functions that nothing uses.",
  files: {
    "main.ts": main,
    "shapes.ts": `import { times } from "./numbers";

export function area(width: number, height: number): number {
  return times(width, height);
}

export function circumference(width: number, height: number): number {
  return 2 * (width + height);
}
`,
    "numbers.ts": "export const times = (a: number, b: number) => a * b;\n",
    "old-shapes.ts": `import { times } from "./numbers";\nexport const square = (side: number) => times(side, side);\n`,
  },
  check: (directory) =>
    firstFault(
      () => directory.has("main.ts", main),
      () =>
        directory.succeeds(
          `test "$(bun main.ts)" = 12 && test ! -e old-shapes.ts && ! grep -q circumference shapes.ts && grep -q times numbers.ts`,
        ),
    ),
  script: [
    [toolCall("glob", { pattern: "*.ts" }), toolCall("grep", { pattern: "import|export" })],
    [toolCall("read", { path: "shapes.ts" })],
    [
      toolCall("edit", {
        path: "shapes.ts",
        oldText: `
export function circumference(width: number, height: number): number {
  return 2 * (width + height);
}
`,
        newText: "",
      }),
      toolCall("bash", { command: "rm old-shapes.ts && bun main.ts" }),
    ],
    [text("old-shapes.ts and `circumference` are gone; main.ts prints 12 as before.")],
  ],
};
