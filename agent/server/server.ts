/** Assembles a server: the only file that names all concrete parts. */
import { join } from "node:path";
import type { Hono } from "hono";
import { version } from "../../package.json";
import { roleIn } from "../shared/session-roles";
import { closeServer } from "./close-server";
import { createProjectParts } from "./project-parts";
import { createRunParts } from "./run-parts";
import { openDataFiles, sessionPaths } from "./data-files";
import { askerOfSignIn, createAccess, warnWithoutAdmin } from "./http/create-access";
import { createApp } from "./http/create-app";
import { OpenStreams } from "./access/open-streams";
import { openFileEntries } from "./access/shared-entries";
import type { SignIns } from "./access/sign-ins";
import { Catalog } from "./catalog/catalog";
import { recoverChanges } from "./run/run-changes";
import type { joinCluster, Member } from "./cluster/join-cluster";
import type { Config } from "./config/config";
import type { ChangingGift } from "./config/given-by-front";
import { proxyVariables } from "./config/proxy";
import { isLoopback } from "./config/hostname";
import { providerEntries } from "./catalog/provider-entries";
import { createGate } from "./gate/gate";
import { EngineLooks } from "./engines/engine-looks";
import { SearchIndex } from "./search/search-index";
import { SessionDirectories } from "./session/session-directories";
import { SessionRegistry } from "./session/session-registry";
import type { Services } from "./http/services";
import { listen } from "./http/listen";
import { pageBuild } from "../prepare";
import { createPage } from "./http/static-files";
import { type GateWay, leadThrough } from "./providers/front-gates";
import { limitConnections } from "./providers/connections";
import { ServerMetrics } from "./metrics/server-metrics";
import { createJobs } from "./processes/create-jobs";
import type { Jobs } from "./processes/jobs";
import { adviceBehindFront } from "./processes/linux/limits-advice";
import { Push } from "./push/push-messages";
import { removeDeleted } from "./http/delete-session";
import { closeStreams, tellNodes } from "./http/close-streams";
import { hearRemovals, stopRemoved } from "./http/stop-removed";
import { startScheduled } from "./http/start-scheduled";
import { Schedules } from "./schedules/schedules";
import { rehearseStop } from "./rehearsal";
import { Runs } from "./run/runs";
import type { Store } from "./store/store";
import { systemLookup } from "./tools/web/host-addresses";
import { Review } from "./review/review";
import { ProxyAccounts } from "./unix-users/proxy-accounts";
import { openProviderGates } from "./unix-users/provider-gates";
import { startUnixUsers } from "./unix-users/start-unix-users";
import { newId } from "./id";
import { log, logger } from "./log";
import { programFile } from "./program-files";
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

/** `shutDown`: called when a client asks for the server's end. Opens the data, settles runs that a crash cut, and listens. Throws an Error that says what to change. */
export async function startServer(config: ServerConfig, shutDown: () => void): Promise<Server> {
  const { dataDir, cwd } = config;
  limitConnections(config.connections);
  const files = openDataFiles(config);
  const { store, settings } = files;
  const metrics = new ServerMetrics(version, () => {
    const running = jobs.list().filter(({ isHelper }) => !isHelper);
    const engines = running.filter(({ isEngine }) => isEngine).length;
    const others = running.filter((job) => job.isMcpServer || job.isLanguageServer).length;
    const commands = running.length - engines - others;
    const { waiting } = schedules;
    return { ...sessions.counts(), jobs: commands, engines, schedules: waiting };
  });
  const search = new SearchIndex(join(dataDir, "search.db"), store.messages);
  const sessions = new SessionRegistry(store, (session, event) => {
    metrics.event(session, event);
    if (event.type === "message-end" || event.type === "message-start") search.changed();
  });
  const given = config.givenByFront?.providers ?? {};
  leadThrough(waysOf(given));
  const catalog = new Catalog(providerEntries, settings, config.providers, given);
  const jobs = createJobs({
    dataDir,
    settings: () => settings.commands(),
    graceMs: config.graceMs,
    limitsAdvice: config.givenByFront && adviceBehindFront,
  });
  const projectParts = createProjectParts({ config, files, sessions, jobs });
  const gate = createGate(catalog, (provider, code) => metrics.modelRequestFailed(provider, code));
  const proxyAccounts = config.unixUsers && new ProxyAccounts(config.unixUsers.proxyAccounts, jobs);
  const unixUsers =
    config.unixUsers &&
    (await startUnixUsers({
      unixUsers: config.unixUsers,
      proxies: proxyAccounts!,
      jobs,
      dataDir,
      openGates: () => openProviderGates({ catalog, gate }),
      signInsOf: (person) =>
        signIns.list().flatMap(({ id, user }) => (user === person ? [id] : [])),
      removalOf: (person) => access.people?.removalOf(person),
    }));
  const sessionDirectories = new SessionDirectories(Object.values(sessionPaths(dataDir)));
  const runParts = createRunParts({ config, files, projectParts, sessions, jobs, catalog, gate });
  const { undo, background, engines, conversations } = runParts;
  const review = new Review(jobs, undo, join(dataDir, "review"), (cwd) =>
    sessions.listViewers.tell({ type: "files-changed", cwd }),
  );
  const runs = new Runs(runParts);
  const member = await joinOthers(config, { store, sessions, runs, engines, undo });
  const shared = member?.database;
  runs.recover(member?.settledByOthers);
  background.recover();
  recoverChanges(sessions, undo);

  const page = config.dev
    ? await (await import("./http/vite-dev")).createDevPage()
    : createPage(programFile("agent/dist"), pageBuild, isLoopback(config.host));
  const streams = new OpenStreams();
  const access = createAccess(config, member?.entries.open ?? openFileEntries(dataDir), {
    proxyAccounts,
    onEnded(credentialId) {
      push.remove(credentialId);
      const given = unixUsers?.give();
      const open = {
        isOpen: streams.isOpen(credentialId),
        close: () => streams.close(credentialId),
      };
      closeStreams(open, () => Promise.all([given, tellNodes(services)]));
    },
    onRemoved: (name, stop) => stopRemoved(services, new Map([[name, stop]])),
  });
  const { signIns } = access;
  const push = new Push(files.pushFile, {
    isOpen: (signInId) => streams.isOpen(signInId),
    maySee: (signInId, summary) => {
      const asker = askerOfSignIn(access, signInId);
      return asker !== undefined && roleIn(asker, summary, Date.now()) !== undefined;
    },
    isSignedIn: (signInId) => askerOfSignIn(access, signInId) !== undefined,
    network: () => ({
      allowedPrivate: settings.web().allowedPrivate,
      lookup: systemLookup,
      environment: proxyVariables(),
    }),
  });
  sessions.onSummary = (summary) => push.sessionChanged(summary);
  const schedules: Schedules = new Schedules(files.schedulesFile, {
    sessions,
    activeRun: (sessionId) => runs.active.ofSession(sessionId),
    limits: runParts.limits,
    begin: (schedule, names, signal) => startScheduled(services, schedule, names, signal),
    now: Date.now,
  });
  const cluster =
    config.cluster && (await import("./http/cluster/hop")).clusterAccess(config.cluster);
  const services: Services = {
    ...projectParts,
    access: { ...access, ...(cluster && { cluster }) },
    streams,
    push,
    sessions,
    search,
    runs,
    schedules,
    runHooks: runParts.runHooks,
    store,
    shared,
    jobs,
    undo,
    review,
    background,
    sessionDirectories,
    outputs: runParts.outputs,
    approvals: runParts.approvals,
    attachments: runParts.attachments,
    rules: files.rules,
    mcpSignIns: files.mcpSignIns,
    catalog,
    engines,
    engineLooks: new EngineLooks(),
    conversations,
    mcp: runParts.mcp,
    settings,
    metrics,
    unixUsers,
    account: config.givenByFront?.account,
    takeGift: access.ofFront && ((next) => takeGift(next, access.ofFront!)),
    cwd,
    version,
    shutDown,
  };
  const hear = hearRemovals(services);
  function takeGift(given: ChangingGift, front: { signIns: Set<string> }) {
    const { providers, signIns: all, removed } = given;
    hear(removed);
    leadThrough(waysOf(providers));
    catalog.give(providers);
    front.signIns.clear();
    for (const id of all) front.signIns.add(id);
    push.removeEnded();
  }
  const closing = new AbortController();
  if (config.cluster && member) {
    const { openForwarding } = await import("./http/cluster/open-forwarding");
    services.cluster = openForwarding(
      { ...member, config: config.cluster },
      services,
      closing.signal,
    );
  }
  // Who was removed elsewhere meanwhile comes in no more.
  await member?.entries.catchUp();
  warnWithoutAdmin(access);
  // Removed elsewhere, or in the moment in which the server before was killed.
  stopRemoved(services, access.people?.removals() ?? new Map());
  // The same of those who have asked this server of one person before.
  hear(config.givenByFront?.removed ?? []);
  const app = createApp(services, page);
  const listener = listen(config, app.fetch);

  // What a session of this server's own would run in a front, it would run as root.
  if (unixUsers === undefined) schedules.start();
  search.start();
  const deletions = removeDeleted(services);

  member?.attend(closing.signal);
  // What an earlier server has left running could still write there. A database that is older lacks sessions that are wanted.
  if (store.missing === undefined)
    jobs.swept
      .then(() =>
        sessionDirectories.removeOrphans(
          (id) => closing.signal.aborted || sessions.has(id) || member?.own.isLost(id) === true,
        ),
      )
      .catch((err: unknown) => log.error({ err }, "Files of deleted sessions were not looked for"));

  async function close(): Promise<void> {
    closing.abort();
    deletions[Symbol.dispose]();
    await closeServer(services, { conversations, gate, listener });
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

function waysOf(given: ChangingGift["providers"]): GateWay[] {
  return Object.values(given).flatMap(({ gate }) =>
    gate ? [{ from: gate.from, to: gate.url, token: gate.token }] : [],
  );
}

/** Nothing of a cluster is loaded by a server that works alone. */
async function joinOthers(
  { cluster, dataDir }: ServerConfig,
  parts: Omit<Parameters<typeof joinCluster>[0], "config" | "boot" | "version" | "dataDir">,
): Promise<Member | undefined> {
  if (cluster === undefined) {
    parts.store.shared.workAlone();
    return undefined;
  }
  const { joinCluster } = await import("./cluster/join-cluster");
  return joinCluster({ config: cluster, boot: newId(), version, dataDir, ...parts });
}
