/** The parts that runs are made of. */
import { join } from "node:path";
import { findAnyToolCall } from "../shared/session-lookup";
import { Approvals } from "./agent/approvals";
import type { TurnGate } from "./agent/engine-turn-types";
import { Attachments } from "./attachments/attachments";
import { BackgroundJobs } from "./background/background-jobs";
import type { Catalog } from "./catalog/catalog";
import { proxyVariables } from "./config/proxy";
import { type openDataFiles, sessionPaths } from "./data-files";
import { createEngines } from "./engines/engines";
import { OpenConversations } from "./engines/open-conversations";
import type { Gate } from "./gate/gate-types";
import { RunHooks } from "./hooks/run-hooks";
import { createToolHooks } from "./hooks/tool-hooks";
import { McpServers } from "./mcp/mcp-servers";
import type { Jobs } from "./processes/jobs";
import type { createProjectParts } from "./project-parts";
import { logRunEnd } from "./run/run-log";
import type { ServerConfig } from "./server";
import type { SessionRegistry } from "./session/session-registry";
import { createCommandLine } from "./tools/bash/asked-line";
import { Shells } from "./tools/bash/shells";
import { createTools } from "./tools/builtin";
import { OutputFiles } from "./tools/outputs/output-files";
import { Undo } from "./undo/undo";

interface RunPartsOptions {
  config: Pick<ServerConfig, "dataDir" | "searchPath">;
  files: ReturnType<typeof openDataFiles>;
  projectParts: ReturnType<typeof createProjectParts>;
  sessions: SessionRegistry;
  jobs: Jobs;
  catalog: Catalog;
  gate: Gate;
}

export function createRunParts(options: RunPartsOptions) {
  const { config, files, projectParts, sessions, jobs, catalog, gate } = options;
  const { dataDir, searchPath } = config;
  const { store, settings, rules } = files;
  const { own, definitions, languageServers, memory, mcpConfiguration } = projectParts;
  const { engineHomes, processOutputs, shellStates, callOutputs } = sessionPaths(dataDir);
  const background = new BackgroundJobs(sessions, jobs, processOutputs);
  const toolServices = {
    shells: new Shells(shellStates),
    background,
    web: () => settings.web(),
    proxies: proxyVariables,
  };
  return {
    limits: () => settings.get().limits,
    titles: () => settings.titles(),
    undo: new Undo(dataDir, jobs),
    background,
    sessions,
    catalog,
    approvals: new Approvals(),
    jobs,
    tools: createTools(toolServices),
    commandLine: createCommandLine(toolServices),
    mcp: new McpServers({
      jobs,
      configured: (cwd, signal) => mcpConfiguration.configured(cwd, signal),
      isWatched: (sessionId) => sessions.isWatched(sessionId),
    }),
    rules,
    own,
    attachments: new Attachments(join(dataDir, "files"), store.files.all(), (hash) =>
      store.files.has(hash),
    ),
    definitions,
    memory,
    hooks: createToolHooks(() => settings.hooks()),
    runHooks: new RunHooks({ jobs, hooks: () => settings.hooks() }),
    outputs: new OutputFiles(callOutputs, (sessionId, callId) => {
      const session = sessions.getReadable(sessionId)?.session;
      return session && findAnyToolCall(session, callId)?.output;
    }),
    diagnose: languageServers.diagnose,
    engines: createEngines({ jobs, settings: () => settings.get().engines, searchPath }),
    conversations: new OpenConversations<TurnGate>({
      jobs,
      openGate: (provider) => gate.open(provider),
      homes: engineHomes,
      isWatched: (sessionId) => sessions.isWatched(sessionId),
    }),
    logEnd: logRunEnd,
  };
}
