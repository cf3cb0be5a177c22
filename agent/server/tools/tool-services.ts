/** What tools share across calls. */
import type { BackgroundRegistry } from "./process/background-registry";
import type { Shells } from "./bash/shells";
import type { WebSettings } from "../../shared/requests";

export interface ToolServices {
  shells: Shells;
  background: BackgroundRegistry;
  /** As the settings have it now. */
  web: () => WebSettings;
  /** The variables of the environment that name a proxy. */
  proxies: () => Record<string, string | undefined>;
}
