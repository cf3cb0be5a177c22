/** What tools share across calls. */
import type { BackgroundRegistry } from "./process/background-registry";
import type { Shells } from "./bash/shells";

export interface ToolServices {
  shells: Shells;
  background: BackgroundRegistry;
}
