/** What outlives a tool call, and is handed to the tools that need it. */
import type { BackgroundRegistry } from "./process/background-registry";
import type { Shells } from "./bash/shells";

export interface ToolServices {
  shells: Shells;
  background: BackgroundRegistry;
}
