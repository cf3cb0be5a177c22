/** Conversations with a plan that is approved, or refused by what the session may do, and with steps of a to-do list. */
import { text, toolCall } from "../upstream/upstream";
import type { Scenario } from "./scenarios";

type State = "pending" | "in_progress" | "completed";

const todo = (...states: State[]) =>
  toolCall(
    "todo",
    { entries: states.map((state, index) => ({ text: `Step ${index}`, state })) },
    { pieceLength: 64 },
  );
const write = (path: string) => toolCall("write", { path, content: "x" }, { pieceLength: 64 });

export const planScenarios: Scenario[] = [
  {
    name: "a plan, approved, then carried out",
    permissions: "plan",
    wires: ["openai-chat"],
    answers: [
      [write("early.txt")],
      [text("I have read."), toolCall("plan", { title: "Write", plan: "1. Write" })],
      [write("planned.txt")],
      [text("It is ", "written.")],
    ],
  },
  {
    name: "a step of a to-do list",
    permissions: "all",
    wires: ["anthropic"],
    answers: [
      [todo("in_progress", "pending"), toolCall("bash", { command: "echo begun; sleep 0.02" })],
      [todo("completed", "in_progress")],
      [text("Enough ", "for now.")],
    ],
  },
];
