/** The guards that `bun run test:mutations` breaks. A new guard gets a row here, and a test that notices its break. */
import { acpGuards } from "./acp-guards";
import { agentGuards } from "./agent-guards";
import { claudeGuards } from "./claude-guards";
import { clusterGuards } from "./cluster-guards";
import { codexGuards } from "./codex-guards";
import { definitionGuards } from "./definition-guards";
import { editorGuards } from "./editor-guards";
import { engineLoopGuards } from "./engine-loop-guards";
import { commandLineGuards } from "./command-line-guards";
import { fileGuards } from "./file-guards";
import { gateGuards } from "./gate-guards";
import type { Guard } from "./guard";
import { hookGuards } from "./hook-guards";
import { httpGuards } from "./http-guards";
import { mcpGuards } from "./mcp-guards";
import { moneyGuards } from "./money-guards";
import { pageGuards } from "./page-guards";
import { loopGuards } from "./loop-guards";
import { peopleGuards } from "./people-guards";
import { planGuards } from "./plan-guards";
import { processGuards } from "./process-guards";
import { programGuards } from "./program-guards";
import { reviewGuards } from "./review-guards";
import { ruleGuards } from "./rule-guards";
import { runGuards } from "./run-guards";
import { sandboxGuards } from "./sandbox-guards";
import { scheduleGuards } from "./schedule-guards";
import { settleGuards } from "./settle-guards";
import { serviceGuards } from "./service-guards";
import { sessionGuards } from "./session-guards";
import { stdioGuards } from "./stdio-guards";
import { storeGuards } from "./store-guards";
import { streamGuards } from "./stream-guards";
import { terminalGuards } from "./terminal-guards";
import { titleGuards } from "./title-guards";
import { webGuards } from "./web-guards";

export const guards: Guard[] = [
  ...httpGuards,
  ...programGuards,
  ...pageGuards,
  ...acpGuards,
  ...agentGuards,
  ...claudeGuards,
  ...codexGuards,
  ...editorGuards,
  ...engineLoopGuards,
  ...commandLineGuards,
  ...stdioGuards,
  ...terminalGuards,
  ...runGuards,
  ...titleGuards,
  ...sessionGuards,
  ...webGuards,
  ...processGuards,
  ...sandboxGuards,
  ...fileGuards,
  ...reviewGuards,
  ...ruleGuards,
  ...serviceGuards,
  ...settleGuards,
  ...mcpGuards,
  ...definitionGuards,
  ...loopGuards,
  ...planGuards,
  ...hookGuards,
  ...scheduleGuards,
  ...moneyGuards,
  ...gateGuards,
  ...streamGuards,
  ...storeGuards,
  ...clusterGuards,
  ...peopleGuards,
];
