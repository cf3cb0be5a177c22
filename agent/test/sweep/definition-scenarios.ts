/** The conversations that begin with a command of the person, whose lines run before the model is asked. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text, toolCall } from "../upstream/upstream";
import { firstWords } from "./first-words";
import type { Scenario } from "./scenarios";

const name = "sweep";

// Long enough for an intervention to meet the process and its child alive.
const lines = ["echo begun; sleep 0.02; echo over", "echo beside"];

/** Puts it where the person has commands. */
export function writeCommand(configHome: string): void {
  const path = join(configHome, `rein/commands/${name}.md`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, [firstWords, ...lines.map((line) => `!\`${line}\``)].join("\n\n"));
}

/** What it is sent as. */
export function commandWords(): string {
  const named = lines.map((line) => `[output of \`${line}\`: below]`);
  return [firstWords, ...named].join("\n\n");
}

export const definitionScenarios: Scenario[] = [
  {
    name: "a command with two lines",
    permissions: "ask",
    // What its lines print reaches each wire as text.
    wires: ["openai-chat"],
    command: { name, arguments: "" },
    answers: [
      [text("I look."), toolCall("glob", { pattern: "*" }, { pieceLength: 64 })],
      [text("I have ", "looked.")],
    ],
  },
];
