/** Attached files: a body is stored under its hash, and its bytes are given back as what they are. */
import { Hono } from "hono";
import { fileHash, uploadQuery } from "../../../shared/requests";
import { maxFileBytes } from "../../../shared/taken-files";
import { signatureOf } from "../../attachments/file-content";
import { readPieces } from "../body";
import { askOthers } from "../cluster/ask-others";
import { httpError } from "../http-error";
import { askerOf } from "../check-role";
import { passedHeaders } from "../cluster/passed-headers";
import { fileUse } from "../file-use";
import { uploadError } from "../message-files";
import { findById } from "../request";
import type { Services } from "../services";

/** Over a slow line. */
const maxUploadMs = 1_800_000;
const maxSilentMs = 60_000;
/** A node that is away removes what no session names at its next start. */
const discardMs = 3000;

export function createFileRoutes(services: Services): Hono {
  const { attachments, sessions, cluster } = services;
  const app = new Hono();

  /** The raw bytes. What they are is found by their content: the content type and any name are not looked at. */
  app.post("/api/files", async (c) => {
    const { sessionId } = uploadQuery.parse(c.req.query());
    // One that is not there yet is to come.
    if (sessionId !== undefined && sessions.has(sessionId)) findById(c, sessions, sessionId);
    const by = { sessionId, user: askerOf(c).name };
    const bounds = { maxBytes: maxFileBytes, maxMs: maxUploadMs, maxSilentMs };
    const pieces = (signal: AbortSignal) => readPieces(c, bounds, signal);
    try {
      return c.json(await attachments.upload(pieces, by, c.req.raw.signal));
    } catch (error) {
      // What still comes of it is not read.
      c.header("Connection", "close");
      throw uploadError(error);
    }
  });

  /** No browser takes it for a page: neither here nor under a name of its own. */
  app.get("/api/files/:hash", async (c) => {
    uploadQuery.parse(c.req.query());
    const hash = fileHash.parse(c.req.param("hash"));
    const mayRead = fileUse(c, services).mayUse(hash);
    const { method, signal } = c.req.raw;
    // Whether it is here, which others ask of very many.
    if (method === "HEAD" && mayRead && (await attachments.holds(hash, signal)))
      return c.body(null);
    const isRead = mayRead && method !== "HEAD";
    const bytes = isRead ? await attachments.read(hash, signal) : undefined;
    if (bytes === undefined) throw httpError(404, "file", "The file was not found.");
    const mediaType = signatureOf(bytes) ?? "text/plain; charset=utf-8";
    const isPicture = mediaType.startsWith("image/");
    return new Response(bytes, {
      headers: {
        "Content-Type": mediaType,
        "Content-Disposition": isPicture ? "inline" : "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
      },
    });
  });

  /** What was attached and not sent. A file that a session names, or another upload has brought, stays. */
  app.delete("/api/files/:hash", async (c) => {
    const hash = fileHash.parse(c.req.param("hash"));
    const { role, name } = askerOf(c);
    if (role === "admin" || attachments.isUnsentOf(hash, name)) attachments.discard(hash);
    if (cluster !== undefined && c.get("hop") === undefined) {
      const path = `/api/files/${hash}`;
      const headers = passedHeaders(c);
      const request = { method: "DELETE", path, headers, withinMs: discardMs };
      await askOthers(cluster, request, c.req.raw.signal);
    }
    return c.json({ ok: true });
  });

  return app;
}
