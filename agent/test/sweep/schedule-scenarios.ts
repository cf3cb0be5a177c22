/** The scripted conversation that a schedule begins. */
import { text, toolCall } from "../upstream/upstream";
import type { Scenario } from "./scenarios";

export const scheduleScenarios: Scenario[] = [
  {
    name: "a run of a schedule",
    permissions: "all",
    isScheduled: true,
    wires: ["openai"],
    answers: [
      [
        text("I look."),
        toolCall("bash", { command: "echo begun; sleep 0.02" }, { pieceLength: 24 }),
      ],
      [text("I have looked.")],
    ],
  },
];
