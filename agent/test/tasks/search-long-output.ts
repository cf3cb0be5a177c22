import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const build = `#!/bin/bash
for ((unit = 1; unit <= 9000; unit++)); do
  if ((unit == 5417)); then
    echo "unit $unit: error E0382 in src/queue/drain.rs:118: value used after move"
  else
    echo "unit $unit: compiled without remarks, nothing to report about it"
  fi
done
echo "build failed: 1 error"
exit 1
`;

export const searchLongOutput: Task = {
  name: "search-long-output",
  message:
    "./build.sh fails, and prints thousands of lines. In which file and line is the error? Write them into answer.txt as path:line and nothing else. Do not change build.sh.",
  files: { "build.sh": build },
  check: async (directory) =>
    directory.has("answer.txt", "src/queue/drain.rs:118", { trims: true }),
  script: [
    [toolCall("bash", { command: "bash build.sh" })],
    [toolCall("bash", { command: "bash build.sh | grep -n error" })],
    [toolCall("write", { path: "answer.txt", content: "src/queue/drain.rs:118\n" })],
    [text("The error is in src/queue/drain.rs, line 118.")],
  ],
};
