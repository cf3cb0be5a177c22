import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const before = `{
  // How long a request may take. Agreed with the people of the gateway.
  "default": { "timeoutSeconds": 30, "retries": 2 },
  "staging": { "timeoutSeconds": 30, "retries": 2 },
  "production": { "timeoutSeconds": 30, "retries": 2 }, // never 0
}
`;

export const editConfig: Task = {
  name: "edit-config",
  message:
    "Set the time-out of production to 45 seconds in config.jsonc. Everything else stays as it is, comments too.",
  files: { "config.jsonc": before },
  check: async (directory) =>
    directory.has(
      "config.jsonc",
      before.replace(
        `"production": { "timeoutSeconds": 30`,
        `"production": { "timeoutSeconds": 45`,
      ),
    ),
  script: [
    [toolCall("read", { path: "config.jsonc" })],
    [
      toolCall("edit", {
        path: "config.jsonc",
        oldText: `"production": { "timeoutSeconds": 30`,
        newText: `"production": { "timeoutSeconds": 45`,
      }),
    ],
    [text("Production waits for 45 seconds now.")],
  ],
};
