/** A line of a command that a person has called: run as by the bash tool, in a fresh shell with the command's arguments. */
import { z } from "zod";
import type { CommandLine } from "../../../shared/protocol";
import { defined } from "../../../shared/defined";
import type { Tool } from "../tool";
import type { ToolServices } from "../tool-services";
import { runInForeground } from "./bash-foreground";
import { requireSandbox } from "./require-sandbox";

const timeoutSeconds = 120;

const input: z.ZodType<CommandLine> = z.strictObject({
  command: z.string().min(1),
  parameters: z.array(z.string()).exactOptional(),
  arguments: z.string().exactOptional(),
});

/** Of the bash tool's name, and for no model: what it runs stands in the command's file, not in an answer. */
export function createCommandLine(services: ToolServices): Tool<CommandLine> {
  return {
    name: "bash",
    description: "Runs a line of a command.",
    input,
    async prepare({ command, parameters, arguments: typed }, context, signal) {
      const { readsOnly } = context;
      if (readsOnly) await requireSandbox(context.jobs, signal);
      return {
        access: {
          kind: "command",
          command,
          directory: context.cwd,
          ...defined({ arguments: typed || undefined }),
          ...(readsOnly && { readsOnly }),
        },
        ...(readsOnly && { changesNothing: true as const }),
        async run() {
          const request = {
            command,
            directory: context.cwd,
            pty: false,
            isAlone: true as const,
            // Plan mode can have begun since: then it holds.
            readsOnly: readsOnly || context.readsOnly,
            timeoutSeconds,
            ...defined({ parameters, arguments: typed }),
          };
          await runInForeground(request, services, context, signal);
          return {};
        },
      };
    },
  };
}
