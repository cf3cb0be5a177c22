/** The tools that every agent has. */
import { createBash } from "./bash";
import { edit } from "./edit";
import { glob } from "./glob";
import { grep } from "./grep";
import type { Lasting } from "./lasting";
import { createProcessTool } from "./process";
import { read } from "./read";
import type { Tool } from "./tool";
import { write } from "./write";

export function createTools(lasting: Lasting): Tool[] {
  return [read, write, edit, glob, grep, createBash(lasting), createProcessTool(lasting)];
}
