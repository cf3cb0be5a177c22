/** The routes of what a project brings: what acts in a directory, and a person's answers about what waits for one. */
import { type Context, Hono } from "hono";
import type { ProjectView } from "../../../shared/protocol";
import { NoteError } from "../../memory/note-error";
import { projectAnswerRequest, projectQuery } from "../../../shared/requests";
import { body } from "../body";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

export function createProjectRoutes({ definitions, memory, cwd: base }: Services): Hono {
  const app = new Hono();

  const view = async (c: Context, cwd: string): Promise<ProjectView> => ({
    cwd,
    ...(await definitions.of(cwd, c.req.raw.signal)),
    memory: await noteCounts(memory, cwd, c.req.raw.signal),
  });

  app.get("/api/project", async (c) => {
    const { cwd } = projectQuery.parse(c.req.query());
    return c.json(await view(c, await checkDirectory(cwd ?? base, base)));
  });

  app.post("/api/project/answer", async (c) => {
    const { cwd: named, answers } = projectAnswerRequest.parse(await body(c));
    const cwd = await checkDirectory(named ?? base, base);
    if (!(await definitions.answer(cwd, answers, c.req.raw.signal)))
      throw httpError(
        409,
        "digest",
        "What is in the project has changed since it was shown, so none of the answers was kept. Look at it again.",
      );
    return c.json(await view(c, cwd));
  });

  return app;
}

/** None where they cannot be read: `GET /api/memory` says why. */
async function noteCounts(
  memory: Services["memory"],
  cwd: string,
  signal: AbortSignal,
): Promise<ProjectView["memory"]> {
  try {
    const { lines } = await memory.of(cwd, signal);
    const proposed = lines.filter(({ state }) => state === "proposed").length;
    return { kept: lines.length - proposed, proposed };
  } catch (error) {
    if (error instanceof NoteError) return { kept: 0, proposed: 0 };
    throw error;
  }
}
