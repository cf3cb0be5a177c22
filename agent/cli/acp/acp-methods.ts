/** The methods of the Agent Client Protocol, for one editor: its sessions are sessions of a Rein server. */
import { agent, type AgentApp, type AgentContext, type McpServer } from "@agentclientprotocol/sdk";
import { realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { version } from "../../../package.json";
import type { Rein } from "../../sdk/create-rein";
import type { SessionSummary } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import type { Connection } from "../connect";
import { AcpSession } from "./acp-session";
import { EditorServers } from "./editor-mcp";
import { EditorServer } from "./editor-server";
import { invalid, noSession, requestError } from "./request-errors";
import { modesOf, type Offer, readMode, withOption } from "./session-settings";

export interface AcpAgent {
  app: AgentApp;
  /** Stops what the editor has started; resolves when that has settled. */
  close: () => Promise<void>;
}

const requestMs = 20_000;

export function createAcpAgent(
  connection: Connection,
  connect: () => Promise<Connection>,
): AcpAgent {
  const sessions = new Map<string, AcpSession>();
  const server = new EditorServer(connection, connect);
  const { rein } = server;
  const reach = () => server.reach();
  /** By session: the last of what opens and closes it. */
  const turns = new Map<string, Promise<unknown>>();

  /** What opens and closes one session comes one after the other, as it was asked for. */
  async function inTurn<Answer>(id: string, act: () => Promise<Answer>): Promise<Answer> {
    const before = turns.get(id);
    const turn = before === undefined ? act() : before.then(act);
    // Its failure is the answer of its own request.
    const over = turn.then(() => undefined).catch(() => undefined);
    turns.set(id, over);
    try {
      return await turn;
    } finally {
      if (turns.get(id) === over) turns.delete(id);
    }
  }

  function find(id: string): AcpSession {
    const found = sessions.get(id);
    if (found === undefined) throw noSession(id);
    return found;
  }

  async function newSession(client: AgentContext, asked: Asked, id: string): Promise<AcpSession> {
    const { cwd, mcpServers = [] } = asked;
    if (!isAbsolute(cwd)) throw invalid(`Expected an absolute path as cwd, got “${cwd}”.`);
    const offer = await offerOf(rein);
    return new AcpSession({
      rein,
      reach,
      client,
      id,
      cwd,
      offer,
      mcpServers: new EditorServers(mcpServers),
    });
  }

  /** Those in the archive too: an editor may still name them. */
  async function allSessions(signal: AbortSignal): Promise<SessionSummary[]> {
    return (await rein.sessions(signal, { archived: "with" })).sessions;
  }

  /** A session that the server has. One that is open in the editor stays so, with what it runs. */
  async function openSession(
    client: AgentContext,
    asked: Asked & { sessionId: string },
    replays: boolean,
  ) {
    const { sessionId: id } = asked;
    await reach();
    const found = (await allSessions(AbortSignal.timeout(requestMs))).find((one) => one.id === id);
    if (found === undefined) throw noSession(id);
    if ((await realDirectory(asked.cwd)) !== found.cwd)
      throw invalid(`This session works in ${found.cwd}: open that directory in the editor.`);
    const known = sessions.get(id);
    const session = known ?? (await newSession(client, asked, id));
    session.mcpServers = new EditorServers(asked.mcpServers ?? []);
    try {
      await session.open(replays);
    } catch (error) {
      if (session !== known) await session.close();
      throw error;
    }
    sessions.set(id, session);
    return begun(session);
  }

  /** What runs in it is stopped. Of one that the server does not have nothing is left to do. */
  async function deleteSession(id: string): Promise<Record<string, never>> {
    await sessions.get(id)?.close();
    sessions.delete(id);
    await reach();
    const signal = AbortSignal.timeout(requestMs);
    const all = await allSessions(signal);
    if (all.some((one) => one.id === id)) await rein.deleteSession(id, signal);
    return {};
  }

  const app = agent({ name: "rein" })
    .onRequest("initialize", () => ({
      protocolVersion: 1,
      agentInfo: { name: "rein", title: "Rein", version },
      agentCapabilities: {
        loadSession: true,
        promptCapabilities: { image: true, embeddedContext: true, audio: false },
        mcpCapabilities: { http: true, sse: false },
        sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
      },
      authMethods: [],
    }))
    .onRequest("authenticate", ({ params }) => {
      throw invalid(
        `There is no way “${params.methodId}” to sign in: on this machine none is needed.`,
      );
    })
    .onRequest("session/new", ({ params, client }) =>
      answered(async () => {
        await reach();
        // It says that there is no such directory.
        await rein.directory(params.cwd, AbortSignal.timeout(requestMs));
        const sessionId = crypto.randomUUID();
        const session = await newSession(client, params, sessionId);
        sessions.set(sessionId, session);
        return { sessionId, ...begun(session) };
      }),
    )
    .onRequest("session/load", ({ params, client }) =>
      answered(() => inTurn(params.sessionId, () => openSession(client, params, true))),
    )
    .onRequest("session/resume", ({ params, client }) =>
      answered(() => inTurn(params.sessionId, () => openSession(client, params, false))),
    )
    .onRequest("session/list", ({ params, signal }) =>
      answered(async () => {
        await reach();
        const { sessions: all } = await rein.sessions(signal);
        const cwd = params.cwd ? await realDirectory(params.cwd) : undefined;
        return pageOf(
          all.filter((one) => !cwd || one.cwd === cwd),
          params.cursor ?? undefined,
        );
      }),
    )
    .onRequest("session/close", ({ params: { sessionId } }) =>
      inTurn(sessionId, async () => {
        await find(sessionId).close();
        sessions.delete(sessionId);
        return {};
      }),
    )
    .onRequest("session/delete", ({ params: { sessionId } }) =>
      answered(() => inTurn(sessionId, () => deleteSession(sessionId))),
    )
    .onRequest("session/prompt", ({ params, signal }) =>
      find(params.sessionId).prompt(params.prompt, signal),
    )
    .onNotification("session/cancel", ({ params }) => sessions.get(params.sessionId)?.cancel())
    .onRequest("session/set_mode", ({ params }) =>
      answered(async () => {
        const session = find(params.sessionId);
        await reach();
        await session.choose({
          ...session.chosen,
          permissions: readMode(params.modeId, session.chosen.engine),
        });
        return {};
      }),
    )
    .onRequest("session/set_config_option", ({ params }) =>
      answered(async () => {
        const session = find(params.sessionId);
        await reach();
        await session.choose(
          withOption(session.offer, session.chosen, params.configId, params.value),
        );
        return { configOptions: session.configOptions };
      }),
    );

  return {
    app,
    close: async () => {
      await Promise.all([...sessions.values()].map((session) => session.close()));
    },
  };
}

interface Asked {
  cwd: string;
  mcpServers?: McpServer[];
}

/** What the editor is told of a session that it has opened; the commands follow. */
function begun(session: AcpSession) {
  // After the answer: before it the editor does not know the session.
  setImmediate(() => void session.tellCommands());
  return { modes: modesOf(session.chosen), configOptions: session.configOptions };
}

async function offerOf(rein: Rein): Promise<Offer> {
  const signal = AbortSignal.timeout(requestMs);
  const [models, engines] = await Promise.all([rein.models(signal), rein.engines(signal)]);
  return { models, engines };
}

const pageSize = 100;

/** `cursor`: how many rows the pages before have had. */
function pageOf(all: SessionSummary[], cursor = "0") {
  if (!/^\d{1,9}$/.test(cursor)) throw invalid("This cursor is none of session/list.");
  const from = Number(cursor);
  const sessions = all.slice(from, from + pageSize).map(({ id, cwd, title, updatedAt }) => ({
    sessionId: id,
    cwd,
    title: visibleString(title),
    updatedAt: new Date(updatedAt).toISOString(),
  }));
  const next = from + pageSize;
  return { sessions, ...(next < all.length && { nextCursor: String(next) }) };
}

/** What the server refuses is an error with its words. */
async function answered<Answer>(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    throw requestError(error);
  }
}

/** As the server names it. One that is not there is left as it came: no session works there. */
function realDirectory(cwd: string): Promise<string> {
  return realpath(cwd).catch(() => cwd);
}
