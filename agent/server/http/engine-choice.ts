/** What a caller chooses of engines is checked: one for a new session, a provider for it, and what a session with one may change. */
import type { Catalog } from "../catalog/catalog";
import type { Engine } from "../engines/engine";
import type { Engines } from "../engines/engines";
import type { EngineLooks } from "../engines/engine-looks";
import { changedEngines } from "../config/engine-changes";
import type { EngineSettings, RoleChoice, Session, SessionPatch } from "../../shared/protocol";
import { type EngineChanges, maxOwnAgents, type McpServer } from "../../shared/requests";
import { httpError } from "./http-error";
import { checkProvider } from "./session-options";

export interface EngineParts {
  engines: Pick<Engines, "find">;
  engineLooks: EngineLooks;
  catalog: Pick<Catalog, "has" | "nameOf" | "lack">;
}

/** The engine that is named. Refuses an unknown one. */
export function checkEngine(engines: Pick<Engines, "find">, id: string): Engine {
  const engine = engines.find(id);
  if (engine === undefined) throw httpError(400, "engine", `There is no engine named “${id}”.`);
  return engine;
}

/** For a new session. Refuses one that cannot run here, and options that it does not take. */
export async function checkNewEngine(
  { engines, engineLooks, catalog }: EngineParts,
  id: string,
  { provider, options, permissions }: SessionPatch,
): Promise<Engine> {
  const engine = checkEngine(engines, id);
  refusePlan(engine.name, permissions);
  checkEngineProvider(catalog, engine, provider);
  refuseOptions(engine, options);
  const { state, reason } = await engineLooks.of(engine);
  if (state === "ready") return engine;
  const words = reason ?? `${engine.name} was not found on this machine.`;
  const install =
    state === "missing" && engine.install ? ` Install it with: ${engine.install}` : "";
  throw httpError(409, `engine-${state}`, words + install);
}

/** Without a provider it is its own log-in that is asked for. */
function checkEngineProvider(
  catalog: EngineParts["catalog"],
  engine: Engine,
  provider: string | undefined,
): void {
  checkProvider(catalog, provider);
  const { name, providers, ownLogin } = engine;
  const names = providers.map((id) => catalog.nameOf(id)).join(", ");
  if (provider === undefined) {
    if (ownLogin) return;
    throw httpError(400, "provider", `${name} has no log-in of its own. It works with: ${names}.`);
  }
  if (!providers.includes(provider)) {
    const others = names === "" ? "only by its own log-in" : `with: ${names}`;
    throw httpError(
      400,
      "provider",
      `${name} does not work with ${catalog.nameOf(provider)}, but ${others}.`,
    );
  }
  const lack = catalog.lack(provider);
  if (lack !== undefined) throw httpError(409, "provider", lack);
}

/** For a session that has begun: its engine stays, and once there is a conversation, also the way by which it reaches a model. */
export function checkSessionChange(
  { engines, catalog }: Pick<EngineParts, "engines" | "catalog">,
  { engine: kept, provider: before }: Session,
  { provider, options, permissions }: SessionPatch,
  named?: string,
): void {
  if (kept !== undefined) refusePlan(kept.name ?? kept.id, permissions);
  if (named !== undefined && named !== kept?.id) {
    const { name } = checkEngine(engines, named);
    throw fixed(`The engine is chosen with the first message: start a new session for ${name}.`);
  }
  const engine = kept && engines.find(kept.id);
  if (engine !== undefined) refuseOptions(engine, options);
  if (kept === undefined) return checkProvider(catalog, provider);
  if (provider === undefined || provider === before) return;
  const hasBegun = kept.conversationId !== undefined;
  if (engine?.ownLogin && provider === kept.id && !hasBegun) return;
  if (before === kept.id && hasBegun)
    throw fixed("This session uses its engine’s own log-in: start a new session for a provider.");
  if (engine === undefined)
    throw httpError(
      409,
      "engine-missing",
      `The engine “${kept.name ?? kept.id}” is no longer known here.`,
    );
  checkEngineProvider(catalog, engine, provider);
}

/** Not every engine takes servers. `id`: of the session's engine; absent: Rein's own loop, which does. */
export function refuseMcpServers(
  engines: Pick<Engines, "find">,
  id: string | undefined,
  servers: readonly McpServer[] = [],
): void {
  if (servers.length === 0 || id === undefined) return;
  const engine = engines.find(id);
  if (engine?.gives.takesMcpServers) return;
  const name = engine?.name ?? id;
  throw httpError(400, "mcp-servers", `${name} takes no MCP servers.`);
}

/** A role of subagents with an engine: what a session could have. Whether it was found is seen when one is sent out. */
export function checkRole(
  { engines, catalog }: Pick<EngineParts, "engines" | "catalog">,
  { engine, provider, options }: RoleChoice,
): void {
  if (engine === undefined) return;
  const known = checkEngine(engines, engine);
  checkEngineProvider(catalog, known, provider);
  refuseOptions(known, options);
}

/** Before they are saved: paths are for engines that Rein knows, each agent has a name of its own, and there are not too many. */
export function checkEngineChanges(
  {
    engines,
    settings,
  }: { engines: Pick<Engines, "all" | "find">; settings: { get(): { engines: EngineSettings } } },
  changes: EngineChanges,
): void {
  const { own } = settings.get().engines;
  for (const [id, path] of Object.entries(changes.paths ?? {})) {
    if (path === null) continue;
    checkEngine(engines, id);
    if (id in own)
      throw httpError(400, "engine", `“${id}” has a command, which is changed instead of a path.`);
  }
  const after = changedEngines(settings.get().engines, changes);
  if (Object.keys(after.own).length > maxOwnAgents)
    throw httpError(400, "engine", `No more than ${maxOwnAgents} agents can be entered.`);
  const known = engines.all().filter(({ id }) => !(id in own));
  for (const [id, agent] of Object.entries(changes.own ?? {}))
    if (agent !== null) checkAgentName(id, agent.name, known, after);
}

/** People choose an agent, and allow what it asks, by its name. */
function checkAgentName(
  id: string,
  name: string,
  known: readonly Engine[],
  { own }: EngineSettings,
): void {
  const same = known.find((one) => isSameName(one.name, name));
  if (same !== undefined) {
    const words = `${same.name} is an engine that Rein knows: give the agent another name.`;
    throw httpError(400, "engine", words);
  }
  const others = Object.entries(own).filter(([otherId]) => otherId !== id);
  const other = others.find(([, one]) => isSameName(one.name, name));
  if (other === undefined) return;
  const words = `Another agent is named “${other[1].name}”: give this one another name.`;
  throw httpError(400, "engine", words);
}

/** As people read them. */
function isSameName(one: string, other: string): boolean {
  const plain = (name: string) =>
    name
      .normalize("NFKC")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]/gu, "");
  return plain(one) === plain(other);
}

function refuseOptions({ name, gives }: Engine, options: SessionPatch["options"] = {}): void {
  const { effort, ...others } = options;
  const efforts = gives.efforts ?? [];
  if (Object.keys(others).length > 0 || (effort !== undefined && efforts.length === 0))
    throw httpError(
      400,
      "options",
      `${name} takes ${efforts.length > 0 ? "only an effort" : "no options"}.`,
    );
  if (effort !== undefined && !efforts.includes(effort))
    throw httpError(400, "options", `${name} takes one of these efforts: ${efforts.join(", ")}.`);
}

/** Its own tools and commands run where Rein confines nothing to reading. */
function refusePlan(name: string, permissions: SessionPatch["permissions"]): void {
  if (permissions === "plan")
    throw httpError(
      400,
      "plan",
      `${name} cannot be held to plan mode, which is for sessions of Rein’s own loop: choose ask, edits or all.`,
    );
}

function fixed(words: string) {
  return httpError(409, "engine-fixed", words);
}
