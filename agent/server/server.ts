/** Assembles a server: the only file that names all concrete parts. */
import { join } from "node:path";
import type { Hono } from "hono";
import { version } from "../../package.json";
import type { Stop } from "../shared/protocol";
import { findAnyToolCall } from "../shared/session-lookup";
import { createApp } from "./http/create-app";
import { BackgroundJobs } from "./background/background-jobs";
import { Attachments } from "./attachments/attachments";
import { Approvals } from "./agent/approvals";
import { OpenStreams } from "./access/open-streams";
import { SignIns } from "./access/sign-ins";
import { WrongTokens } from "./access/wrong-tokens";
import { Catalog } from "./catalog/catalog";
import { recoverChanges } from "./run/run-changes";
import type { Config } from "./config/config";
import { proxyVariables } from "./config/proxy";
import { isLoopback } from "./config/hostname";
import { providerEntries } from "./catalog/provider-entries";
import type { TurnGate } from "./agent/engine-turn-types";
import { OpenConversations } from "./engines/open-conversations";
import { createGate } from "./gate/gate";
import { createEngines } from "./engines/engines";
import { EngineLooks } from "./engines/engine-looks";
import { SearchIndex } from "./search/search-index";
import { SessionDirectories } from "./session/session-directories";
import { SessionRegistry } from "./session/session-registry";
import { McpServers } from "./mcp/mcp-servers";
import type { Services } from "./http/services";
import { listen } from "./http/listen";
import { pageBuild } from "../prepare";
import { createPage } from "./http/static-files";
import { McpSignIns } from "./mcp/mcp-sign-ins";
import { openMcpAnswers } from "./mcp/kept-answers";
import { openDefinitionAnswers } from "./trust/definition-answers";
import { McpConfiguration } from "./mcp/mcp-configuration";
import { limitConnections } from "./providers/connections";
import { ServerMetrics } from "./metrics/server-metrics";
import { createJobs } from "./processes/create-jobs";
import type { Jobs } from "./processes/jobs";
import { Definitions } from "./definitions/definitions";
import { RunHooks } from "./hooks/run-hooks";
import { createToolHooks } from "./hooks/tool-hooks";
import { LanguageServers } from "./lsp/language-servers";
import { ProjectMemory } from "./memory/project-memory";
import { Push } from "./push/push-messages";
import { PushFile } from "./push/push-file";
import { RulesFile } from "./rules/rules-file";
import { ownPaths } from "./rules/self-executing";
import { removeDeleted } from "./http/delete-session";
import { startScheduled } from "./http/start-scheduled";
import { Schedules } from "./schedules/schedules";
import { SchedulesFile } from "./schedules/schedules-file";
import { whyUnreadable } from "./rules/why-unreadable";
import { PersonalInstructions } from "./projects/personal-instructions";
import { ProjectSettingsFile } from "./projects/project-settings";
import { rehearseStop } from "./rehearsal";
import { logRunEnd } from "./run/run-log";
import { Runs } from "./run/runs";
import { SettingsFile } from "./config/settings-file";
import { Store } from "./store/store";
import { createTools } from "./tools/builtin";
import { createCommandLine } from "./tools/bash/asked-line";
import { OutputFiles } from "./tools/outputs/output-files";
import { systemLookup } from "./tools/web/host-addresses";
import { Shells } from "./tools/bash/shells";
import { Review } from "./review/review";
import { Undo } from "./undo/undo";
import { log, logger } from "./log";
import { warmUp } from "./warm-up";

/** A running server and its parts, for tests. */
export interface Server {
  port: number;
  app: Hono;
  signIns: SignIns;
  store: Store;
  sessions: SessionRegistry;
  runs: Runs;
  jobs: Jobs;
  /** To be called once it serves: loads ahead what is needed first. Ends with `close`; never rejects. */
  warmUp(): Promise<void>;
  /**
   * Settles every run (reason: shutdown) and its changes, saves, and closes every connection, within three seconds. What
   * does not settle in that time is for the next server, which gives the same reason.
   */
  close(): Promise<void>;
}

export type ServerConfig = Omit<Config, "logLevel" | "token"> & { token: string };

/** A little longer than a run takes to settle at the most: the usual grace and two seconds. */
const shutdownMs = 2300;
/** Work that is given up then has this long to end. */
const lastMs = 400;

/** `shutDown`: called when a client asks for the server's end. Opens the data, settles runs that a crash cut, and listens. Throws an Error that says what to change. */
export async function startServer(config: ServerConfig, shutDown: () => void): Promise<Server> {
  const { dataDir, cwd } = config;
  limitConnections(config.connections);
  const store = new Store(join(dataDir, "rein.db"));
  const settings = new SettingsFile(join(dataDir, "settings.json"), config.commands, config.titles);
  const schedulesFile = new SchedulesFile(join(dataDir, "schedules.json"));
  const pushFile = new PushFile(join(dataDir, "push.json"));
  const rules = new RulesFile(join(dataDir, "rules.json"));
  const mcpAnswers = openMcpAnswers(join(dataDir, "mcp-answers.json"));
  const mcpSignIns = new McpSignIns(join(dataDir, "mcp-sign-ins.json"));
  const metrics = new ServerMetrics(version, () => {
    const running = jobs.list().filter(({ isHelper }) => !isHelper);
    const engines = running.filter(({ isEngine }) => isEngine).length;
    const others = running.filter((job) => job.isMcpServer || job.isLanguageServer).length;
    return { ...sessions.counts(), jobs: running.length - engines - others, engines };
  });
  const search = new SearchIndex(join(dataDir, "search.db"), store);
  const sessions = new SessionRegistry(store, (session, event) => {
    metrics.event(session, event);
    if (event.type === "message-end" || event.type === "message-start") search.changed();
  });
  const projects = new ProjectSettingsFile(join(dataDir, "projects.json"), () =>
    sessions.tellProjectsChanged(),
  );
  const personalInstructions = new PersonalInstructions(
    config.userDirectories,
    () => sessions.tellProjectsChanged(),
    (path) =>
      settings
        .get()
        .definitionsOff.some(({ kind, name }) => kind === "instructions" && name === path),
  );
  const approvals = new Approvals();
  const catalog = new Catalog(providerEntries, settings, config.providers);
  const jobs = createJobs({
    dataDir,
    settings: () => settings.commands(),
    graceMs: config.graceMs,
  });
  const mcpConfiguration = new McpConfiguration({
    settings: () => settings.get().mcp,
    answers: mcpAnswers,
    signIns: mcpSignIns,
    variables: () => jobs.variables(),
  });
  const projectAnswers = openDefinitionAnswers(join(dataDir, "project-answers.json"));
  const languageServers = new LanguageServers({
    jobs,
    servers: () => settings.languageServers(),
    answers: projectAnswers,
  });
  const definitions = new Definitions({
    home: config.userDirectories,
    answers: projectAnswers,
    off: () => settings.get().definitionsOff,
    whyDenied: (directory, path) =>
      whyUnreadable({ kind: "read", path }, rules.of(directory), directory, own),
    languageServers: () => languageServers.asked(),
    toldIn: (root) => projects.of(root).instructions,
  });
  const engines = createEngines({
    jobs,
    settings: () => settings.get().engines,
    searchPath: config.searchPath,
  });
  const engineLooks = new EngineLooks();
  const gate = createGate(catalog, (provider, code) => metrics.modelRequestFailed(provider, code));
  const homes = join(dataDir, "engines");
  const outputs = join(dataDir, "processes");
  const shellStates = join(dataDir, "shells");
  const callOutputs = join(dataDir, "outputs");
  const sessionDirectories = new SessionDirectories([homes, outputs, shellStates, callOutputs]);
  const outputFiles = new OutputFiles(callOutputs, (sessionId, callId) => {
    const session = sessions.getReadable(sessionId)?.session;
    return session && findAnyToolCall(session, callId)?.output;
  });
  const conversations = new OpenConversations<TurnGate>({
    jobs,
    openGate: (provider) => gate.open(provider),
    homes,
    isWatched: (sessionId) => sessions.isWatched(sessionId),
  });
  const mcp = new McpServers({
    jobs,
    configured: (cwd, signal) => mcpConfiguration.configured(cwd, signal),
    isWatched: (sessionId) => sessions.isWatched(sessionId),
  });
  const background = new BackgroundJobs(sessions, jobs, outputs);
  const shells = new Shells(shellStates);
  const toolServices = {
    shells,
    background,
    web: () => settings.web(),
    proxies: proxyVariables,
  };
  const tools = createTools(toolServices);
  const commandLine = createCommandLine(toolServices);
  const undo = new Undo(dataDir, jobs);
  const review = new Review(jobs, undo, join(dataDir, "review"), (cwd) =>
    sessions.tellFilesChanged(cwd),
  );
  const attachments = new Attachments(join(dataDir, "files"), store.namedFiles(), (hash) =>
    store.isFileNamed(hash),
  );
  const memory = new ProjectMemory(join(dataDir, "memory"), (root) =>
    sessions.tellMemoryChanged(root),
  );
  const own = ownPaths(dataDir);
  const runHooks = new RunHooks({ jobs, hooks: () => settings.hooks() });
  const runParts = {
    limits: () => settings.get().limits,
    titles: () => settings.titles(),
    undo,
    background,
    sessions,
    catalog,
    approvals,
    jobs,
    tools,
    commandLine,
    mcp,
    rules,
    own,
    attachments,
    definitions,
    memory,
    hooks: createToolHooks(() => settings.hooks()),
    runHooks,
    outputs: outputFiles,
    diagnose: languageServers.diagnose,
    engines,
    conversations,
    logEnd: logRunEnd,
  };
  const runs = new Runs(runParts);
  runs.recover();
  background.recover();
  recoverChanges(sessions, undo);

  const page = config.dev
    ? await (await import("./http/vite-dev")).createDevPage()
    : createPage(join(import.meta.dir, "../dist"), pageBuild, isLoopback(config.host));
  const streams = new OpenStreams();
  const signIns = new SignIns(join(dataDir, "sign-ins.json"), (id) => {
    streams.close(id);
    push.remove(id);
  });
  const push = new Push(pushFile, {
    isOpen: (signInId) => streams.isOpen(signInId),
    isSignedIn: (signInId) => signIns.list().some(({ id }) => id === signInId),
    network: () => ({
      allowedPrivate: settings.web().allowedPrivate,
      lookup: systemLookup,
      environment: proxyVariables(),
    }),
  });
  sessions.onSummary = (summary) => push.sessionChanged(summary);
  const { token, hosts } = config;
  const schedules: Schedules = new Schedules(schedulesFile, {
    sessions,
    activeRun: (sessionId) => runs.active.ofSession(sessionId),
    limits: runParts.limits,
    begin: (schedule, names, signal) => startScheduled(services, schedule, names, signal),
    now: Date.now,
  });
  const services: Services = {
    access: { token, hosts, signIns, wrongTokens: new WrongTokens() },
    streams,
    push,
    sessions,
    search,
    runs,
    schedules,
    runHooks,
    languageServers,
    store,
    jobs,
    undo,
    review,
    background,
    sessionDirectories,
    outputs: outputFiles,
    approvals,
    attachments,
    rules,
    memory,
    projects,
    personalInstructions,
    own,
    mcpConfiguration,
    mcpSignIns,
    definitions,
    catalog,
    engines,
    engineLooks,
    conversations,
    mcp,
    settings,
    metrics,
    cwd,
    version,
    shutDown,
  };
  const app = createApp(services, page);
  const listener = listen(config, app.fetch);

  schedules.start();
  search.start();
  const deletions = removeDeleted(services);

  const closing = new AbortController();
  // What an earlier server has left running could still write there. A database that is older lacks sessions that are wanted.
  if (store.missing === undefined)
    jobs.swept
      .then(() =>
        sessionDirectories.removeOrphans((id) => closing.signal.aborted || sessions.has(id)),
      )
      .catch((err: unknown) => log.error({ err }, "Files of deleted sessions were not looked for"));

  async function close(): Promise<void> {
    closing.abort();
    push.close();
    deletions[Symbol.dispose]();
    const stop: Stop = { by: "shutdown", from: "server", askedAt: Date.now() };
    const late = AbortSignal.timeout(shutdownMs);
    const atLast = Bun.sleep(shutdownMs + lastMs);
    // First: nothing begins any more.
    const noneBegins = schedules.close();
    const stopped = Promise.all([noneBegins, runs.close(stop), attachments.stopUploads()]).then(
      () =>
        Promise.all([
          review.commits.stopAll(),
          background.stopOwned({}, stop, "all"),
          conversations.close(),
          mcp.close(),
          languageServers.close(),
        ]),
    );
    // The probes of the start clean up after themselves, given the time.
    const settled = Promise.all([stopped, jobs.capabilities()]);
    await Promise.race([settled, Bun.sleep(shutdownMs)]);
    await Promise.race([undo.settle(late), atLast]);
    sessions.close();
    await Promise.race([Promise.all([listener.stop(true), gate.close()]), atLast]);
    // Last, when no request can use them any more.
    search.close();
    store.close();
    undo.close();
  }

  return {
    port: listener.port,
    app,
    signIns,
    store,
    sessions,
    runs,
    jobs,
    warmUp: () =>
      warmUp(
        [
          () => catalog.loadProvider(),
          () => catalog.loadPrices(),
          logger,
          () => rehearseStop(services, runParts),
        ],
        closing.signal,
      ),
    close,
  };
}
