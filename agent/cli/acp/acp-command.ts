/** `rein acp`. */
import { type Command, CommandFailed } from "../command";

export const acpCommand: Command = {
  name: "acp",
  summary: "Be the agent of an editor, by the Agent Client Protocol",
  usage: "",
  options: {},
  run: () => Promise.reject(new CommandFailed("“rein acp” is not there yet.")),
};
