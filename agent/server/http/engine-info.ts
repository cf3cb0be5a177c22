/** An engine as people are shown it: whether it was found here, and what it can do. */
import { defined } from "../../shared/defined";
import type { EngineInfo } from "../../shared/protocol";
import type { Engine } from "../engines/engine";
import type { Services } from "./services";

type EngineParts = Pick<Services, "engines" | "engineLooks" | "settings">;

export function listEngines(services: EngineParts): Promise<EngineInfo[]> {
  return Promise.all(services.engines.all().map((engine) => describe(engine, services)));
}

async function describe(
  engine: Engine,
  { engineLooks, settings }: EngineParts,
): Promise<EngineInfo> {
  const { id, name, install, providers, ownLogin, gives } = engine;
  const { paths, own } = settings.get().engines;
  const entered = own[id] && {
    command: own[id].command,
    variables: Object.keys(own[id].environment),
    writable: engine.userFiles ?? [],
  };
  const { state, version, path, reason } = await engineLooks.of(engine);
  return {
    id,
    name,
    state,
    ...defined({ version, path, reason, install, enteredPath: paths[id], own: entered }),
    providers: [...providers],
    ownLogin,
    gives,
  };
}
