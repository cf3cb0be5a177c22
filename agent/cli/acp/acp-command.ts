/** `rein acp`. */
import type { Command } from "../command";

export const acpCommand: Command = {
  name: "acp",
  summary: "Be the agent of an editor, by the Agent Client Protocol",
  usage: "",
  options: {},
  async run(call) {
    const connect = () => call.connect("editor");
    const connection = await connect();
    const { runAcp } = await import("./run-acp");
    return runAcp(connection, connect);
  },
};
