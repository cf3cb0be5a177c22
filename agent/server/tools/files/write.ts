/** The write tool: creates or replaces a file atomically. */
import { z } from "zod";
import type { Tool } from "../tool";
import { changeFiles } from "./file-changes";
import { resolvePath } from "./resolved-path";
import { readBefore } from "./text-file";
import { wholeFile } from "./whole-file";

const input = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe("The file, relative to the working directory or absolute"),
  content: z.string().describe("The whole content of the file"),
});

export type WriteInput = z.output<typeof input>;

export const write: Tool<WriteInput> = {
  name: "write",
  editForm: "passages",
  description:
    "Creates a file or replaces its whole content; missing directories are created. " +
    "To change part of a file use edit: it is shorter and safer.",
  input,
  async prepare({ path, content }, context, signal) {
    const target = await resolvePath(path, context.cwd, signal);
    return {
      access: { kind: "edit", path: target.path },
      async run() {
        const find = async () => [wholeFile(target, await readBefore(target, signal), content)];
        await changeFiles(find, context, signal);
        return {};
      },
    };
  },
};
