/** The whole HTTP interface: what every request passes, the routes by subject, and the page. */
import { Hono } from "hono";
import { guard } from "./auth";
import { checkRouteRole } from "./check-role";
import { forwardRequests } from "./cluster/forward-requests";
import { answerError, observeFailures } from "./error-answer";
import { httpError } from "./http-error";
import { giftPath } from "../config/given-by-front";
import { takeGift } from "./people/take-gift";
import { passToPeople } from "./people/pass-to-people";
import { apiHeaders } from "./response-headers";
import { createChangeRoutes } from "./routes/change-routes";
import { createChatRoutes } from "./routes/chat-routes";
import { createClusterRoutes } from "./routes/cluster-routes";
import { createControlRoutes } from "./routes/control-routes";
import { createEngineRoutes } from "./routes/engine-routes";
import { createFileRoutes } from "./routes/file-routes";
import { createKeyRoutes } from "./routes/key-routes";
import { createMachineRoutes } from "./routes/machine-routes";
import { createMcpPromptRoutes } from "./routes/mcp-prompt-routes";
import { createMcpRoutes } from "./routes/mcp-routes";
import { createMcpSignInRoutes } from "./routes/mcp-sign-in-routes";
import { createMemoryRoutes } from "./routes/memory-routes";
import { createOutputRoutes } from "./routes/output-routes";
import { createPeopleRoutes } from "./routes/people-routes";
import { createProcessRoutes } from "./routes/process-routes";
import { createProjectRoutes } from "./routes/project-routes";
import { createPushRoutes } from "./routes/push-routes";
import { createReferenceRoutes } from "./routes/reference-routes";
import { createReviewRoutes } from "./routes/review-routes";
import { createRuleRoutes } from "./routes/rule-routes";
import { createScheduleRoutes } from "./routes/schedule-routes";
import { createSearchRoutes } from "./routes/search-routes";
import { createSessionRoutes } from "./routes/session-routes";
import { createSettingsRoutes } from "./routes/settings-routes";
import { createShareRoutes } from "./routes/share-routes";
import { createSignInRoutes } from "./routes/sign-in-routes";
import { createStatusRoutes } from "./routes/status-routes";
import { createStopHistoryRoutes } from "./routes/stop-history-routes";
import { createSummaryRoutes } from "./routes/summary-routes";
import type { Services } from "./services";

const routes = [
  createStatusRoutes,
  createMachineRoutes,
  createClusterRoutes,
  createChatRoutes,
  createControlRoutes,
  createSearchRoutes,
  createSessionRoutes,
  createFileRoutes,
  createProcessRoutes,
  createOutputRoutes,
  createSettingsRoutes,
  createEngineRoutes,
  createRuleRoutes,
  createMemoryRoutes,
  createScheduleRoutes,
  createProjectRoutes,
  createMcpRoutes,
  createMcpSignInRoutes,
  createMcpPromptRoutes,
  createSummaryRoutes,
  createChangeRoutes,
  createReviewRoutes,
  createStopHistoryRoutes,
  createSignInRoutes,
  createPeopleRoutes,
  createShareRoutes,
  createKeyRoutes,
  createPushRoutes,
  createReferenceRoutes,
];

/** `page` answers everything that is not the API. */
export function createApp(
  services: Services,
  page: (request: Request) => Response | Promise<Response>,
): Hono {
  const app = new Hono();
  app.use(observeFailures(services.metrics));
  for (const path of ["/api/*", "/metrics"]) app.use(path, ...apiHeaders);
  const { cluster } = services;
  if (services.access.cluster) app.use("/api/*", services.access.cluster.answer);
  app.use(guard(services.access));
  if (services.takeGift) app.put(giftPath, takeGift(services.takeGift));
  app.use(passToPeople(services));
  app.use(checkRouteRole);
  if (cluster) app.use("/api/*", forwardRequests(services, cluster));
  app.onError(answerError);
  for (const create of routes) app.route("/", create(services));
  app.all("/api/*", (c) => {
    throw httpError(404, "route", `There is no ${c.req.method} ${c.req.path}.`);
  });
  app.get("*", (c) => page(c.req.raw));
  return app;
}
