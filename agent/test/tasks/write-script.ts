import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const log = `10:00 GET /a 200
10:01 GET /b 404
10:01 GET /b 404
10:02 GET /c 500
10:03 GET /a 404
10:04 POST /c 500
`;
/** Not the one that the agent sees. */
const other = `09:00 GET /x 503
09:01 GET /y 200
09:01 GET /x 503
`;

export const writeScript: Task = {
  name: "write-script",
  message:
    "Write a shell script errors.sh that takes the path of a log like access.log as its argument and prints, for each path with answers of 400 and above, the number of them, a space and the path: the most frequent first, paths of the same number in alphabetical order.",
  files: { "access.log": log },
  check: async (directory) => {
    directory.add({ "other.log": other });
    return directory.succeeds(
      `diff <(bash errors.sh access.log) <(printf '2 /b\\n2 /c\\n1 /a\\n') && diff <(bash errors.sh other.log) <(printf '2 /x\\n')`,
    );
  },
  script: [
    [toolCall("read", { path: "access.log" })],
    [
      toolCall("write", {
        path: "errors.sh",
        content: `#!/bin/bash
awk '$4 >= 400 { count[$3]++ } END { for (path in count) print count[path], path }' "$1" | sort -k1,1nr -k2,2
`,
      }),
    ],
    [toolCall("bash", { command: "bash errors.sh access.log" })],
    [text("`errors.sh` counts them; for access.log it prints `2 /b`, `2 /c` and `1 /a`.")],
  ],
};
