import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const names = ["api", "cli", "core", "docs", "page"];
const manifest = (name: string, version: string, core: string) =>
  `{\n  "name": "@shop/${name}",\n  "version": "${version}",\n  "dependencies": { ${name === "core" ? "" : `"@shop/core": "${core}" `}}\n}\n`;

export const raiseVersions: Task = {
  name: "raise-versions",
  message:
    "Release 2.4.0: set the version of every package under packages to 2.4.0, and their dependency @shop/core too. Change nothing else, and nothing in packages/docs, which has versions of its own.",
  files: Object.fromEntries(
    names.map((name) => [`packages/${name}/package.json`, manifest(name, "2.3.1", "2.3.1")]),
  ),
  check: (directory) =>
    firstFault(
      ...names.map(
        (name) => () =>
          directory.has(
            `packages/${name}/package.json`,
            name === "docs" ? manifest(name, "2.3.1", "2.3.1") : manifest(name, "2.4.0", "2.4.0"),
          ),
      ),
    ),
  script: [
    [toolCall("grep", { pattern: "2\\.3\\.1", path: "packages" })],
    [
      toolCall("edit", {
        edits: ["api", "cli", "core", "page"].map((name) => ({
          path: `packages/${name}/package.json`,
          oldText: "2.3.1",
          newText: "2.4.0",
          replaceAll: true,
        })),
      }),
    ],
    [text("Four packages are at 2.4.0; docs stays at 2.3.1.")],
  ],
};
