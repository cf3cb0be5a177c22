/** The routes of what MCP servers offer to people: prompts, whose text goes into the message field, and resources to name. */
import { Hono } from "hono";
import type { FileRef, McpPromptText } from "../../../shared/protocol";
import { mcpPlaceQuery, mcpPromptRequest } from "../../../shared/requests";
import type { Uploader } from "../../attachments/open-uploads";
import { FileRefusedError } from "../../attachments/file-refused-error";
import type { PromptText } from "../../mcp/mcp-servers";
import { body } from "../body";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";
import { mcpFailure } from "../mcp-place";
import { findMcpSession } from "../mcp-session";
import { uploadError } from "../message-files";
import type { Services } from "../services";

export function createMcpPromptRoutes(services: Services): Hono {
  const { mcp, runs } = services;
  const app = new Hono();

  app.get("/api/mcp/prompts", async (c) => {
    const session = await findMcpSession(c, services, mcpPlaceQuery.parse(c.req.query()));
    return c.json({ prompts: await mcp.listPrompts(session, c.req.raw.signal) });
  });

  app.get("/api/mcp/resources", async (c) => {
    const session = await findMcpSession(c, services, mcpPlaceQuery.parse(c.req.query()));
    return c.json({ resources: await mcp.listResources(session, c.req.raw.signal) });
  });

  app.post("/api/mcp/prompts/get", async (c) => {
    const request = mcpPromptRequest.parse(await body(c));
    const { server, name, arguments: values } = request;
    const session = await findMcpSession(c, services, request);
    using coming = runs.earlyStops.announce(
      services.sessions.get(session.id)?.session ?? { id: session.id, user: askerOf(c).name },
      { user: askerOf(c).name },
    );
    const signal = AbortSignal.any([c.req.raw.signal, coming.signal]);
    // One that could not be started is tried again.
    mcp.beginRun(session.id);
    try {
      const prompt = await mcp.getPrompt(session, server, name, values, signal);
      return c.json(
        await withFiles(services, { sessionId: session.id, user: askerOf(c).name }, prompt, signal),
      );
    } catch (error) {
      if (coming.signal.aborted) throw httpError(409, "mcp", "It was stopped.");
      throw mcpFailure(uploadError(error));
    }
  });

  return app;
}

/** Keeps its files; of one that cannot be kept the text says why. */
async function withFiles(
  { attachments }: Services,
  by: Uploader,
  { text, files }: PromptText,
  signal: AbortSignal,
): Promise<McpPromptText> {
  const kept: FileRef[] = [];
  const texts = [text];
  for (const { name, content } of files) {
    const fileName = name.slice(0, 255).toWellFormed();
    try {
      kept.push({
        name: fileName,
        ...(await attachments.upload(() => [content], by, signal)),
      });
    } catch (error) {
      if (!(error instanceof FileRefusedError)) throw error;
      texts.push(`[${fileName}: ${error.message}]`);
    }
  }
  return { text: texts.filter((one) => one !== "").join("\n\n"), files: kept };
}
