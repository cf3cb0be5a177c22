/** GET /api/engines: every engine, whether it was found, and what it can do. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { EngineInfo } from "../../../shared/protocol";
import type { Engine } from "../../engines/engine";
import type { Services } from "../services";

export function createEngineRoutes({ engines, engineLooks, settings }: Services): Hono {
  const app = new Hono();

  app.get("/api/engines", async (c) => c.json(await Promise.all(engines.all().map(describe))));

  async function describe(engine: Engine): Promise<EngineInfo> {
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

  return app;
}
