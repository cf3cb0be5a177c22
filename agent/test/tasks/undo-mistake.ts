import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const limits = "max_users=500\nmax_files=2000\nmax_size_mb=64\n";
const notes = "# Notes\nThe new limits come from the capacity test.\n";

export const undoMistake: Task = {
  name: "undo-mistake",
  message:
    "The last commit emptied limits.conf by mistake. Bring that file back as it was before; what else the commit changed stays. Do not commit.",
  files: { "limits.conf": limits, "notes.md": "# Notes\n" },
  prepare: `git init -q . && git config user.name A && git config user.email a@example.org &&
git add . && git commit -qm "Add the limits" &&
: > limits.conf && printf ${JSON.stringify(notes.replaceAll("\n", "\\n"))} > notes.md && git commit -qam "Say where the limits come from"`,
  check: (directory) =>
    firstFault(
      () => directory.has("limits.conf", limits),
      () => directory.has("notes.md", notes),
      () => directory.succeeds(`test "$(git rev-list --count HEAD)" -eq 2`),
    ),
  script: [
    [toolCall("bash", { command: "git log --stat -2" })],
    [toolCall("bash", { command: "git show HEAD~1:limits.conf > limits.conf && git status -s" })],
    [text("limits.conf has its three lines again; the notes are as committed.")],
  ],
};
