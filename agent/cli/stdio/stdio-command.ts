/** `rein stdio`. */
import { type Command, CommandFailed } from "../command";

export const stdioCommand: Command = {
  name: "stdio",
  summary: "Talk by lines of JSON on standard input and output",
  usage: "",
  options: {},
  run: () => Promise.reject(new CommandFailed("“rein stdio” is not there yet.")),
};
