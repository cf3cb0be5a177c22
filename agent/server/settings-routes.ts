/** The routes of what is set for the whole server: providers and their models, and the limits of runs. */
import { Hono } from "hono";
import { limitsRequest, settingsRequest } from "../shared/requests";
import type { Catalog } from "./catalog";
import { body, defined } from "./request";
import type { SettingsFile } from "./settings";

export interface SettingsRouteParts {
  catalog: Catalog;
  settings: SettingsFile;
  /** Where a session works unless told otherwise. */
  cwd: string;
}

export function createSettingsRoutes({ catalog, settings, cwd }: SettingsRouteParts): Hono {
  const app = new Hono();

  app.get("/api/models", async (c) => c.json(await catalog.list(cwd)));

  app.put("/api/settings", async (c) => {
    settings.update(settingsRequest.parse(await body(c)));
    catalog.refresh();
    return c.json(await catalog.list(cwd));
  });

  app.get("/api/limits", (c) => c.json(settings.get().limits));

  app.put("/api/limits", async (c) => {
    const { run, day, ...rest } = limitsRequest.parse(await body(c));
    settings.setLimits({ ...defined(rest), run: defined(run), day: defined(day) });
    return c.json(settings.get().limits);
  });

  return app;
}
