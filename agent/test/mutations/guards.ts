/** The guards that `bun run test:mutations` breaks. A new guard gets a row here, and a test that notices its break. */
import { agentGuards } from "./agent-guards";
import { fileGuards } from "./file-guards";
import type { Guard } from "./guard";
import { httpGuards } from "./http-guards";
import { processGuards } from "./process-guards";
import { runGuards } from "./run-guards";
import { serviceGuards } from "./service-guards";

export const guards: Guard[] = [
  ...httpGuards,
  ...agentGuards,
  ...runGuards,
  ...processGuards,
  ...fileGuards,
  ...serviceGuards,
];
