/** The session that a message begins: what it chooses, checked, and what is set for its project and in the settings. */
import type { z } from "zod";
import { defined } from "../../shared/defined";
import { typedCommand } from "../../shared/message-parts";
import type { Session, SessionPatch } from "../../shared/protocol";
import { noUsage, ownLoginModel } from "../../shared/protocol";
import type { chatRequest } from "../../shared/requests";
import { ellipsized } from "../../shared/truncate";
import type { Catalog } from "../catalog/catalog";
import { newId } from "../id";
import { httpError } from "./http-error";
import { checkNewEngine, checkSessionChange } from "./engine-choice";
import { findAgain } from "./request";
import type { Services } from "./services";
import { checkDirectory, checkModel, checkProvider } from "./session-options";

type Chat = z.output<typeof chatRequest>;

type Choices = Pick<
  Chat,
  "sessionId" | "engine" | "provider" | "model" | "permissions" | "options" | "cwd"
>;

/** What the message sets of its session, checked. */
export async function checkChoices(
  services: Services,
  { sessionId, engine, provider, model, permissions, options, cwd }: Choices,
): Promise<SessionPatch> {
  const { sessions, catalog, cwd: base } = services;
  const chosen = defined({ provider, options, permissions });
  if (sessionId !== undefined)
    checkSessionChange(services, findAgain(sessions, sessionId).session, chosen, engine);
  else if (engine !== undefined) await checkNewEngine(services, engine, chosen);
  else checkProvider(catalog, provider);
  return defined({
    provider,
    model,
    permissions,
    options,
    cwd: cwd === undefined ? undefined : await checkDirectory(cwd, base),
  });
}

/** The project's directories are looked at for so long. */
const lookMs = 5000;

/** Also for a client that is gone: its message is kept. */
async function projectOf({ projects }: Services, cwd: string) {
  const signal = AbortSignal.timeout(lookMs);
  return projects.in(cwd, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw httpError(400, "cwd", `${cwd} does not answer: its project could not be found out.`);
  });
}

/** What the message does not choose is as it is set for the project. */
export async function beginSession(
  services: Services,
  request: Chat,
  patch: SessionPatch,
): Promise<Session> {
  const cwd = patch.cwd ?? (await checkDirectory(services.cwd, services.cwd));
  const { permissions, model } = await projectOf(services, cwd);
  const { engine, provider } = request;
  const isKnown = model !== undefined && services.catalog.has(model.provider);
  const isRein = engine === undefined;
  const chosen = {
    cwd,
    // No engine can be held to plan mode.
    ...(permissions !== undefined && (isRein || permissions !== "plan") && { permissions }),
    ...(isKnown && isRein && provider === undefined && patch.model === undefined && model),
    ...patch,
  };
  return newSession(services, request, chosen);
}

export async function newSession(
  { catalog, cwd, engines }: Services,
  {
    newSessionId,
    engine,
    message,
    command,
    files = [],
  }: Pick<Chat, "newSessionId" | "engine" | "message" | "command" | "files">,
  chosen: SessionPatch,
): Promise<Session> {
  const fallback =
    chosen.provider === undefined ? await withoutProvider(catalog, engine) : undefined;
  const provider = chosen.provider ?? fallback!.provider;
  const model = chosen.model ?? fallback?.model ?? (await catalog.settledDefaultModel(provider));
  checkModel(provider, model);
  const now = Date.now();
  return {
    id: newSessionId ?? newId(),
    title: titleOf(message ?? (command && typedCommand(command)) ?? files[0]?.name ?? ""),
    cwd: chosen.cwd ?? (await checkDirectory(cwd, cwd)),
    ...(engine !== undefined && {
      engine: { id: engine, ...defined({ name: engines.find(engine)?.name }) },
    }),
    provider,
    model,
    // Those of the settings are for models that Rein asks itself.
    ...defined({ options: chosen.options ?? (engine ? undefined : catalog.choices().options) }),
    permissions: chosen.permissions ?? "ask",
    allowed: [],
    createdAt: now,
    updatedAt: now,
    messages: [],
    runs: [],
    queue: [],
    usage: noUsage,
    seq: 0,
  };
}

/** An engine then uses its own log-in, and the model that it chooses itself. */
async function withoutProvider(catalog: Catalog, engine: string | undefined) {
  return engine === undefined ? catalog.default() : { provider: engine, model: ownLoginModel };
}

function titleOf(message: string): string {
  return ellipsized(message.split("\n", 1)[0]!.trim(), 60);
}
