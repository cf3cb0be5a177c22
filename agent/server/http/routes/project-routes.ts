/** The routes of what a project brings: what acts in a directory, and a person's answers about what waits for one. */
import { type Context, Hono } from "hono";
import type { ProjectView } from "../../../shared/protocol";
import { projectAnswerRequest, projectQuery } from "../../../shared/requests";
import { NoteError } from "../../memory/note-error";
import { body } from "../body";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

export function createProjectRoutes(services: Services): Hono {
  const { definitions, memory, cwd: base } = services;
  const app = new Hono();

  const view = async (c: Context, cwd: string): Promise<ProjectView> => {
    const { signal } = c.req.raw;
    const [set, notes] = await Promise.all([
      definitions.of(cwd, signal),
      countNotes(memory, cwd, signal),
    ]);
    const problems = [...set.problems, ...(notes.problem === undefined ? [] : [notes.problem])];
    return { cwd, ...set, problems, memory: notes.counts };
  };

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
    await services.languageServers.outdate();
    return c.json(await view(c, cwd));
  });

  return app;
}

/** What is wrong with the notes hides nothing else of the project. Rejects with what the file system and the signal say. */
async function countNotes(memory: Services["memory"], cwd: string, signal: AbortSignal) {
  try {
    const { lines } = await memory.of(cwd, signal);
    const kept = lines.filter(({ state }) => state === "kept").length;
    return { counts: { kept, proposed: lines.length - kept } };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return { counts: { kept: 0, proposed: 0 }, problem: error.message };
  }
}
