/** The tools that every agent has. */
import { bash } from "./bash";
import { edit } from "./edit";
import { glob } from "./glob";
import { grep } from "./grep";
import { read } from "./read";
import type { Tool } from "./tool";
import { write } from "./write";

export function createTools(): Tool[] {
  return [read, write, edit, glob, grep, bash];
}
