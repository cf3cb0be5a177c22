/** The conversations with hooks around their tools, and with a language server that looks at their edits. */
import type { Hook } from "../../shared/protocol";
import { text, toolCall } from "../upstream/upstream";
import type { Scenario } from "./scenarios";

const hook = (on: Hook["on"], name: string, command: string): Hook => ({
  id: `${on}-${name}`,
  name,
  on,
  command,
  timeoutSeconds: 20,
  isOn: true,
});

export const hookScenarios: Scenario[] = [
  {
    name: "hooks around a tool",
    permissions: "all",
    // One wire: what hooks do does not reach it but as words.
    wires: ["anthropic"],
    hooks: [
      // Long enough for an intervention to meet them alive.
      hook("before-tool", "looks", "cat >/dev/null; sleep 0.02"),
      hook("after-tool", "works", "sleep 0.02 & wait; echo worked"),
      hook("after-tool", "tells", "echo Look again. >&2; exit 2"),
    ],
    answers: [
      [
        toolCall("write", { path: "kept.txt", content: "kept" }),
        toolCall("glob", { pattern: "*" }),
      ],
      [text("I have written.")],
    ],
  },
  {
    name: "an edit with diagnostics",
    permissions: "all",
    wires: ["anthropic"],
    languageServer: true,
    answers: [
      [toolCall("write", { path: "kept.txt", content: "wrong" })],
      [toolCall("edit", { path: "kept.txt", oldText: "wrong", newText: "right" })],
      [text("It is right.")],
    ],
  },
];
