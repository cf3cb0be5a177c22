import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const routes = `export const routes = [
  "/",
<<<<<<< ours
  "/about",
  "/prices",
=======
  "/about-us",
  "/jobs",
>>>>>>> theirs
  "/contact",
];
console.log(routes.join(" "));
`;

export const resolveConflict: Task = {
  name: "resolve-conflict",
  message:
    "routes.ts has a merge conflict. Theirs renamed /about to /about-us and added /jobs; ours added /prices. Keep all of that, with /prices before /jobs.",
  files: { "routes.ts": routes },
  check: (directory) =>
    firstFault(() =>
      directory.succeeds(
        `test "$(bun routes.ts)" = "/ /about-us /prices /jobs /contact" && ! grep -qE '^(<<<|===|>>>)' routes.ts`,
      ),
    ),
  script: [
    [toolCall("read", { path: "routes.ts" })],
    [
      toolCall("edit", {
        path: "routes.ts",
        oldText: routes.slice(routes.indexOf("<<<"), routes.indexOf(`  "/contact"`)),
        newText: `  "/about-us",\n  "/prices",\n  "/jobs",\n`,
      }),
    ],
    [text("Both sides are in routes.ts.")],
  ],
};
