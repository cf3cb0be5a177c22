/** `rein` without the name of a command: opens the terminal face, or sends a message. */
import type { Command } from "./command";
import { helpOf } from "./command-help";

export const askCommand: Command = {
  name: "",
  summary: "Talk with the agent in this directory",
  usage: '[COMMAND | "MESSAGE"] [options]',
  options: {},
  run: (_call) => {
    process.stdout.write(`${helpOf(askCommand)}\n`);
    return Promise.resolve(0);
  },
};
