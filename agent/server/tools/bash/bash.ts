/** The bash tool: a command in the session's lasting shell, waited for or left running. */
import { z } from "zod";
import { runInBackground } from "./bash-background";
import { runInForeground } from "./bash-foreground";
import type { ToolServices } from "../tool-services";
import type { Tool } from "../tool";

const defaultSeconds = 120;
const maxSeconds = 30 * 60;

const input = z.strictObject({
  command: z.string().trim().min(1).describe("The command line, as typed into bash"),
  timeoutSeconds: z
    .number()
    .positive()
    .max(maxSeconds)
    .default(defaultSeconds)
    .describe(
      `When to end the command. Default ${defaultSeconds}, at most ${maxSeconds}; none in the background`,
    ),
  background: z
    .boolean()
    .default(false)
    .describe("For servers and watchers: start it, look at its first output, and leave it running"),
  pty: z
    .boolean()
    .default(false)
    .describe("Give it a terminal, for programs that behave otherwise without one"),
});

export type BashInput = z.output<typeof input>;

export function createBash(lasting: ToolServices): Tool<BashInput> {
  return {
    name: "bash",
    description:
      "Runs a command line with bash and gives back what it wrote to standard output and standard error, and its exit " +
      "code when that is not 0. The shell lasts from call to call, also after a stop: cd, variables, functions, aliases " +
      "and options stay as a command leaves them; only set -e and traps end with their call, and exec ends it without a " +
      "trace. It begins in the working directory; the other tools take their paths from there wherever the shell goes. " +
      "Nothing can be typed in, so nothing may ask questions. Very long output is cut in its middle. " +
      "What must go on while you work (a server, a watcher) is started with background: the process tool reads and " +
      "stops it. A stop by the user ends it too, unless they have pinned it. " +
      "To look for files or text use glob and grep, to read and change files use read, edit and write.",
    input,
    permission: ({ command }) => ({
      kind: "command",
      subject: command.replaceAll("\n", " ⏎ "),
      always: "this exact command",
      key: `command:${command}`,
    }),
    async run({ background, ...command }, context, signal) {
      if (background) await runInBackground(command, lasting, context, signal);
      else await runInForeground(command, lasting, context, signal);
      return {};
    },
  };
}
