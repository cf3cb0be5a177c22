import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

/** The file has moved on since the patch was made: two lines stand above. */
const greeting = `# Written by hand.
# Keep it short.
name=$1
echo "Hello $name"
echo "How are you?"
echo "Bye"
`;
const patch = `--- a/greet.sh
+++ b/greet.sh
@@ -1,4 +1,5 @@
 name=$1
-echo "Hello $name"
+name=\${name:-you}
+echo "Hello, $name"
 echo "How are you?"
 echo "Bye"
`;

export const applyPatchFile: Task = {
  name: "apply-patch-file",
  message: "Apply fix.patch to greet.sh, and delete fix.patch then.",
  files: { "greet.sh": greeting, "fix.patch": patch },
  check: (directory) =>
    firstFault(
      () =>
        directory.has(
          "greet.sh",
          greeting.replace(`echo "Hello $name"`, () => `name=\${name:-you}\necho "Hello, $name"`),
        ),
      () => (directory.read("fix.patch") === undefined ? undefined : "fix.patch is still there."),
    ),
  script: [
    [toolCall("read", { path: "fix.patch" }), toolCall("read", { path: "greet.sh" })],
    [
      toolCall("edit", {
        path: "greet.sh",
        oldText: `echo "Hello $name"`,
        newText: `name=\${name:-you}\necho "Hello, $name"`,
      }),
      toolCall("bash", { command: "rm fix.patch" }),
    ],
    [text("The patch is in greet.sh, two lines below where it said.")],
  ],
};
