/** The whole HTTP interface: what every request passes, the routes by subject, and the page. */
import { Hono, type MiddlewareHandler } from "hono";
import { limitBody } from "./body-limit";
import { answerError, observeFailures } from "./error-answer";
import { httpError } from "./http-error";
import { apiHeaders } from "./response-headers";
import { createChangeRoutes } from "./routes/change-routes";
import { createChatRoutes } from "./routes/chat-routes";
import { createControlRoutes } from "./routes/control-routes";
import { createProcessRoutes } from "./routes/process-routes";
import { createRuleRoutes } from "./routes/rule-routes";
import { createSessionRoutes } from "./routes/session-routes";
import { createSettingsRoutes } from "./routes/settings-routes";
import { createStatusRoutes } from "./routes/status-routes";
import { createStopHistoryRoutes } from "./routes/stop-history-routes";
import { createSummaryRoutes } from "./routes/summary-routes";
import type { Services } from "./services";

const routes = [
  createStatusRoutes,
  createChatRoutes,
  createControlRoutes,
  createSessionRoutes,
  createProcessRoutes,
  createSettingsRoutes,
  createRuleRoutes,
  createSummaryRoutes,
  createChangeRoutes,
  createStopHistoryRoutes,
];

/** `page` answers everything that is not the API. */
export function createApp(
  services: Services,
  guard: MiddlewareHandler,
  page: (request: Request) => Response | Promise<Response>,
): Hono {
  const app = new Hono();
  app.use(observeFailures(services.metrics));
  app.use("/api/*", ...apiHeaders);
  app.use(guard);
  app.use(limitBody);
  app.onError(answerError);
  for (const create of routes) app.route("/", create(services));
  app.all("/api/*", (c) => {
    throw httpError(404, "route", `There is no ${c.req.method} ${c.req.path}.`);
  });
  app.get("*", (c) => page(c.req.raw));
  return app;
}
