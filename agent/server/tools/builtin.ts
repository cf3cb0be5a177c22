/** The built-in tools, which every agent has. */
import { createBash } from "./bash/bash";
import { applyPatch } from "./files/patch/apply-patch";
import { edit } from "./files/edit";
import { glob } from "./search/glob";
import { grep } from "./search/grep";
import type { ToolServices } from "./tool-services";
import { createProcessTool } from "./process/process-tool";
import { read } from "./files/read";
import type { Tool } from "./tool";
import { createFetch } from "./web/fetch";
import { createSearch } from "./web/search";
import { write } from "./files/write";

export function createTools(services: ToolServices): Tool[] {
  return [
    read,
    write,
    edit,
    applyPatch,
    glob,
    grep,
    createBash(services),
    createProcessTool(services),
    createFetch(services),
    createSearch(services),
  ];
}
