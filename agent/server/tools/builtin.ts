/** The tools that every agent has. */
import { bash } from "./bash";
import type { Tool } from "./tool";

export function createTools(): Tool[] {
  return [bash];
}
