import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const changelog = "- 1.1: fetchUser throws for an unknown id\n";
const prefetch = `export const prefetchUsers = (count: number) => "prefetched " + count;\n`;

export const renameAcrossFiles: Task = {
  name: "rename-across-files",
  message:
    "Rename the function fetchUser to loadUser in all of the code. CHANGELOG.md is history: leave it as it is, and leave prefetchUsers alone.",
  files: {
    "CHANGELOG.md": changelog,
    "src/prefetch.ts": prefetch,
    "src/user.ts": `export function fetchUser(id: number): string {\n  return \`user \${id}\`;\n}\n`,
    "src/page.ts": `import { fetchUser } from "./user";\nexport const page = (id: number) => \`<b>\${fetchUser(id)}</b>\`;\n`,
    "src/mail.ts": `import { fetchUser as find } from "./user";\nexport const mail = (id: number) => "Dear " + find(id);\n`,
    "main.ts": `import { mail } from "./src/mail";\nimport { page } from "./src/page";\nimport { prefetchUsers } from "./src/prefetch";\nconsole.log(page(1), mail(2), prefetchUsers(3));\n`,
  },
  check: (directory) =>
    firstFault(
      () => directory.has("CHANGELOG.md", changelog),
      () => directory.has("src/prefetch.ts", prefetch),
      () =>
        ["src/user.ts", "src/page.ts", "src/mail.ts"].some((path) =>
          /\bfetchUser\b/.test(directory.read(path) ?? "fetchUser"),
        )
          ? "The old name is still in the code."
          : undefined,
      () => directory.succeeds(`grep -q "function loadUser" src/user.ts`),
      () => directory.succeeds(`test "$(bun main.ts)" = "<b>user 1</b> Dear user 2 prefetched 3"`),
    ),
  script: [
    [toolCall("grep", { pattern: "\\bfetchUser\\b" })],
    [
      toolCall("edit", { path: "src/user.ts", oldText: "fetchUser", newText: "loadUser" }),
      toolCall("edit", {
        path: "src/page.ts",
        oldText: "fetchUser",
        newText: "loadUser",
        replaceAll: true,
      }),
      toolCall("edit", { path: "src/mail.ts", oldText: "fetchUser", newText: "loadUser" }),
    ],
    [text("`fetchUser` is `loadUser` now, in three files.")],
  ],
};
