/** The routes of the notes about a project. */
import { Hono } from "hono";
import { noteRequest, notePatchRequest, projectQuery } from "../../../shared/requests";
import { defined } from "../../../shared/defined";
import type { MemoryAnswer } from "../../../shared/protocol";
import { NoteError } from "../../memory/note-error";
import { body } from "../body";
import { type HttpError, httpError } from "../http-error";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

export function createMemoryRoutes({ memory, cwd: base }: Services): Hono {
  const app = new Hono();
  const directory = (named: string | undefined) => checkDirectory(named ?? base, base);

  app.get("/api/memory", async (c) => {
    const cwd = await directory(projectQuery.parse(c.req.query()).cwd);
    return c.json(await answered(memory.of(cwd, c.req.raw.signal)));
  });

  app.post("/api/memory", async (c) => {
    const { cwd: named, text } = noteRequest.parse(await body(c));
    const cwd = await directory(named);
    return c.json(await answered(memory.add(cwd, text, c.req.raw.signal)));
  });

  app.patch("/api/memory/:id", async (c) => {
    const { cwd: named, text, state } = notePatchRequest.parse(await body(c));
    const cwd = await directory(named);
    const wanted = { ...defined({ text }), isKept: state === "kept" };
    return c.json(await answered(memory.change(cwd, c.req.param("id"), wanted, c.req.raw.signal)));
  });

  app.delete("/api/memory/:id", async (c) => {
    const cwd = await directory(projectQuery.parse(c.req.query()).cwd);
    return c.json(await answered(memory.remove(cwd, c.req.param("id"), c.req.raw.signal)));
  });

  return app;
}

function answered(answer: Promise<MemoryAnswer>): Promise<MemoryAnswer> {
  return answer.catch((error: unknown) => {
    throw error instanceof NoteError ? refusal(error) : error;
  });
}

function refusal({ kind, message }: NoteError): HttpError {
  switch (kind) {
    case "unknown":
      return httpError(404, "note", message);
    case "impossible":
      return httpError(400, "note", message);
    case "full":
      return httpError(409, "notes-full", message);
    case "damaged":
      return httpError(422, "damaged", message);
  }
}
