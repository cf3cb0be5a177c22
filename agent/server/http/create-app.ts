/** The whole HTTP face: who may come in, the routes by subject, and what an error says. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import { wireHeader, wireVersion } from "../../shared/protocol";
import { type ChatRouteParts, createChatRoutes } from "./routes/chat-routes";
import { type ControlRouteParts, createControlRoutes } from "./routes/control-routes";
import { createProcessRoutes, type ProcessRouteParts } from "./routes/process-routes";
import { HttpError, httpError } from "./http-error";
import { createSessionRoutes, type SessionRouteParts } from "./routes/session-routes";
import { createSettingsRoutes, type SettingsRouteParts } from "./routes/settings-routes";
import { describeStorageError } from "../store/storage-errors";
import { createSummaryRoutes, type SummaryRouteParts } from "./routes/summary-routes";
import { createUndoRoutes, type UndoRouteParts } from "./routes/change-routes";

export interface AppParts
  extends
    ChatRouteParts,
    ControlRouteParts,
    SessionRouteParts,
    ProcessRouteParts,
    SettingsRouteParts,
    SummaryRouteParts,
    UndoRouteParts {
  guard: MiddlewareHandler;
  version: string;
  /** Everything that is not the API: the page. */
  page(request: Request): Response | Promise<Response>;
}

export function createApp(parts: AppParts): Hono {
  const app = new Hono();
  app.use(guardAnswers);
  app.use(parts.guard);
  app.onError(answerError);

  app.get("/api/health", async (c) =>
    c.json({ status: "ok", version: parts.version, processes: await parts.jobs.capabilities() }),
  );
  app.route("/", createChatRoutes(parts));
  app.route("/", createControlRoutes(parts));
  app.route("/", createSessionRoutes(parts));
  app.route("/", createProcessRoutes(parts));
  app.route("/", createSettingsRoutes(parts));
  app.route("/", createSummaryRoutes(parts));
  app.route("/", createUndoRoutes(parts));
  app.all("/api/*", (c) => {
    throw httpError(404, "route", `There is no ${c.req.method} ${c.req.path}.`);
  });
  app.get("*", (c) => parts.page(c.req.raw));
  return app;
}

/** No page of another origin may embed an answer, no browser guesses what it is, and nothing of it is kept. */
const guardAnswers: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.req.path.startsWith("/api/")) return;
  c.res.headers.set("X-Content-Type-Options", "nosniff");
  c.res.headers.set("Cross-Origin-Resource-Policy", "same-origin");
  c.res.headers.set("Cache-Control", "no-store");
  c.res.headers.set(wireHeader, String(wireVersion));
};

function answerError(error: Error, c: Context): Response {
  if (error instanceof HttpError)
    return c.json({ error: { code: error.code, message: error.message } }, error.status);
  if (error instanceof z.ZodError)
    return c.json({ error: { code: "input", message: z.prettifyError(error) } }, 400);
  const trouble = describeStorageError(error);
  if (trouble !== undefined) return c.json({ error: { code: "storage", message: trouble } }, 503);
  console.error("A request failed inside Rein:", error);
  return c.json({ error: { code: "internal", message: `Something broke: ${error.message}` } }, 500);
}
