/** The bash tool: a command in the session's persistent shell, in the foreground or in the background. */
import { realpath } from "node:fs/promises";
import { z } from "zod";
import { abortable } from "../../abort";
import { runInBackground } from "./bash-background";
import { runInForeground } from "./bash-foreground";
import { requireSandbox } from "./require-sandbox";
import type { ToolServices } from "../tool-services";
import type { Tool } from "../tool";

const defaultSeconds = 120;
const maxSeconds = 30 * 60;
/** What a person can be asked to read. Longer scripts go into a file. */
const maxCharacters = 100_000;

const input = z.strictObject({
  command: z
    .string()
    .trim()
    .min(1)
    .max(maxCharacters)
    .describe("The command line, as typed into bash"),
  timeoutSeconds: z
    .number()
    // Above 0 would be “exclusiveMinimum”, for which gateways to Gemini refuse every request.
    .min(0.1)
    .max(maxSeconds)
    .default(defaultSeconds)
    .describe(
      `When to kill the command. Default ${defaultSeconds}, at most ${maxSeconds}; ignored with background`,
    ),
  background: z
    .boolean()
    .default(false)
    .describe("For servers and watchers: start it, show its first output, and leave it running"),
  pty: z
    .boolean()
    .default(false)
    .describe("Give it a terminal, for programs that behave differently without one"),
});

export type BashInput = z.output<typeof input>;

export function createBash(services: ToolServices): Tool<BashInput> {
  return {
    name: "bash",
    description:
      "Runs a command line with bash and returns its standard output and standard error, and its exit code when that is " +
      "not 0. The shell persists between calls, also after a stop: directory, variables, functions, aliases and options " +
      "stay as a command leaves them; only set -e and traps end with the call, and a call that ends with exec changes " +
      "nothing. It starts in the working directory, to which the paths of the other tools are relative wherever the " +
      "shell is. Standard input is empty, so commands must not ask questions. Very long output is cut in the middle, and read gives the rest. " +
      "Start what must keep running while you work (a server, a watcher) with background: the process tool reads and " +
      "stops it. A stop by the user ends it too, unless they have pinned it. " +
      "To find files or text use glob and grep; to read and change files use the tools for that. These may see another " +
      "/tmp than the shell does: keep files for them in the working directory.",
    input,
    async prepare({ background, ...input }, context, signal) {
      const { readsOnly } = context;
      if (readsOnly) await requireSandbox(context.jobs, signal);
      const { directory, ...look } = await abortable(services.shells.look(context), signal);
      return {
        access: {
          kind: "command",
          command: input.command,
          directory: await abortable(
            realpath(directory).catch(() => directory),
            signal,
          ),
          ...look,
          ...(readsOnly && { readsOnly }),
        },
        ...(readsOnly && { changesNothing: true }),
        async run() {
          // Plan mode can have begun since: then it holds. What was asked of a person holds when it is over.
          const request = { ...input, directory, readsOnly: readsOnly || context.readsOnly };
          if (background) await runInBackground(request, services, context, signal);
          else await runInForeground(request, services, context, signal);
          return {};
        },
      };
    },
  };
}
