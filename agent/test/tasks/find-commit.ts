import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

export const findCommit: Task = {
  name: "find-commit",
  message:
    "`sh price.sh` should print 120, and prints 100. Which commit broke it? Write the subject of that commit alone into answer.txt, and change nothing else.",
  files: { "price.sh": "net=100\nvat=20\necho $((net + vat))\n" },
  prepare: `git init -q . && git config user.name A && git config user.email a@example.org
save() { git add . && git commit -qm "$1"; }
save "Print the price" && echo "# Prices are in cents" >> price.sh && save "Say the unit" &&
sed -i 's/vat=20/vat=tax/' price.sh && save "Name the tax" &&
echo "# See prices.md" >> price.sh && save "Point to the document" &&
echo "Prices" > prices.md && save "Write the document"`,
  check: async (directory) => directory.has("answer.txt", "Name the tax", { trims: true }),
  script: [
    [toolCall("bash", { command: "git log --oneline -p -- price.sh" })],
    [toolCall("write", { path: "answer.txt", content: "Name the tax\n" })],
    [text("“Name the tax” set vat to a name that has no value.")],
  ],
};
