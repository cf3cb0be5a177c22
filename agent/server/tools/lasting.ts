/** What outlives a tool call, and is handed to the tools that need it. */
import type { Background } from "./background";
import type { Shells } from "./shells";

export interface Lasting {
  shells: Shells;
  background: Background;
}
