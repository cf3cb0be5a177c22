/** The routes of the settings of the whole server: providers and their models, and the limits of runs. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import {
  commandsRequest,
  hookSettings,
  languageServerSettings,
  limitsRequest,
  modelsQuery,
  providerTestRequest,
  settingsRequest,
} from "../../../shared/requests";
import type { Entered } from "../../catalog/provider-set-up";
import { changedEngines } from "../../config/engine-changes";
import { McpChangeError } from "../../config/mcp-changes";
import { httpError } from "../http-error";
import { checkEngineChanges, checkRole } from "../engine-choice";
import { testSearch } from "../../tools/web/search-services";
import { checkProvider } from "../session-options";
import { body } from "../body";
import { commandsAnswer } from "../commands-answer";
import type { Services } from "../services";

export function createSettingsRoutes(services: Services): Hono {
  const { catalog, settings, engines, engineLooks, conversations, cwd } = services;
  const app = new Hono();

  app.get("/api/models", async (c) =>
    c.json(await catalog.list(cwd, modelsQuery.parse(c.req.query()))),
  );

  app.put("/api/settings", async (c) => {
    const request = settingsRequest.parse(await body(c));
    const { provider, providers = {}, models = {} } = request;
    const roles = Object.values(request.roles ?? {}).map((role) => role.provider);
    const named = [...Object.keys(providers), ...Object.keys(models)];
    const titles = typeof request.titles === "object" ? [request.titles.provider] : [];
    for (const id of [provider, ...roles, ...titles, ...named])
      checkProvider(catalog, id ?? undefined);
    for (const [id, entered] of Object.entries(providers)) checkEntered(id, entered);
    checkEngineChanges(services, request.engines ?? {});
    const problem = settings.webProblem(request.web ?? {});
    if (problem !== undefined) throw httpError(400, "invalid_request", problem);
    // A role may name an agent that the same request enters.
    const entered = engines.by(changedEngines(settings.get().engines, request.engines ?? {}));
    for (const role of Object.values(request.roles ?? {}))
      checkRole({ catalog, engines: entered }, role);
    try {
      settings.update(request);
    } catch (error) {
      if (error instanceof McpChangeError) throw httpError(400, "invalid_request", error.message);
      throw error;
    }
    if (request.mcp !== undefined) {
      services.mcpConfiguration.forgetGone();
      services.mcp.outdate();
    }
    catalog.refresh();
    await services.unixUsers?.give();
    if (request.definitionsOff !== undefined)
      services.sessions.listViewers.tell({ type: "projects-changed" });
    if (request.engines !== undefined) {
      engineLooks.expire();
      const { paths = {} } = request.engines;
      conversations.outdate((one) => Object.hasOwn(paths, one.id) || engines.find(one.id) !== one);
    }
    return c.json(await catalog.list(cwd));
  });

  app.post("/api/providers/:id/test", async (c) => {
    const id = c.req.param("id");
    const request = providerTestRequest.parse(await body(c));
    checkProvider(catalog, id);
    checkEntered(id, request);
    const { signal } = c.req.raw;
    try {
      return c.json(await catalog.test(id, request, signal));
    } catch (error) {
      // The request was aborted: no answer is read.
      if (signal.aborted) throw httpError(408, "closed", "The test was given up.");
      throw error;
    }
  });

  app.post("/api/search/test", async (c) => {
    const { signal } = c.req.raw;
    try {
      return c.json(await testSearch(settings.web().search, signal));
    } catch (error) {
      if (signal.aborted) throw httpError(408, "closed", "The test was given up.");
      throw error;
    }
  });

  function checkEntered(id: string, entered: Entered): void {
    const problem = catalog.entryProblem(id, entered);
    if (problem !== undefined) throw httpError(400, "invalid_request", problem);
  }

  app.get("/api/limits", (c) => c.json(settings.get().limits));

  app.put("/api/limits", async (c) => {
    const { run, day, ...rest } = limitsRequest.parse(await body(c));
    settings.setLimits({ ...defined(rest), run: defined(run), day: defined(day) });
    return c.json(settings.get().limits);
  });

  app.get("/api/hooks", (c) => c.json(settings.hooks()));

  app.put("/api/hooks", async (c) => {
    settings.setHooks(hookSettings.parse(await body(c)));
    return c.json(settings.hooks());
  });

  app.get("/api/language-servers", (c) => c.json(settings.languageServers()));

  app.put("/api/language-servers", async (c) => {
    settings.setLanguageServers(languageServerSettings.parse(await body(c)));
    await services.languageServers.outdate();
    return c.json(settings.languageServers());
  });

  const commands = () => commandsAnswer(services);

  app.get("/api/commands", async (c) => c.json(await commands()));

  app.put("/api/commands", async (c) => {
    const problem = settings.setCommands(commandsRequest.parse(await body(c)));
    if (problem !== undefined) throw httpError(400, "invalid_request", problem);
    return c.json(await commands());
  });

  return app;
}
