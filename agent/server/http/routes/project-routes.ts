/** The routes of projects: what acts in a directory, a person's answers about what waits for one, and what a person has set. */
import { join } from "node:path";
import { type Context, Hono } from "hono";
import { errorCode } from "../../../shared/error-code";
import type { ProjectView } from "../../../shared/protocol";
import {
  directoriesQuery,
  instructionsRequest,
  projectAnswerRequest,
  projectQuery,
  projectRequest,
} from "../../../shared/requests";
import { NoteError } from "../../memory/note-error";
import { listDirectories } from "../../projects/list-directories";
import { maxProjects } from "../../projects/project-settings";
import { isSecret } from "../../rules/self-executing";
import { projectRoot } from "../../trust/project-root";
import { body } from "../body";
import { askerOf, visibleTo } from "../check-role";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { recentProjects } from "../recent-projects";
import { absolutePath, checkDirectory, checkProvider } from "../session-options";

export function createProjectRoutes(services: Services): Hono {
  const { definitions, memory, projects, personalInstructions, cwd: base } = services;
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

  app.get("/api/projects", (c) =>
    c.json({ projects: recentProjects(visibleTo(c, services.sessions.list()), projects.roots) }),
  );

  app.get("/api/projects/settings", async (c) => {
    const { cwd } = projectQuery.parse(c.req.query());
    return c.json(await projects.in(await checkDirectory(cwd ?? base, base), c.req.raw.signal));
  });

  app.patch("/api/projects", async (c) => {
    const { cwd, digest, ...change } = projectRequest.parse(await body(c));
    checkProvider(services.catalog, change.model?.provider);
    const root = await projectRoot(await checkDirectory(cwd ?? base, base), c.req.raw.signal);
    const fault = projects.change(root, digest, change);
    if (fault === "changed")
      throw httpError(
        409,
        "digest",
        "What is set for this project has changed since it was shown, so nothing was saved. Look at it again.",
      );
    if (fault === "full")
      throw httpError(
        409,
        "projects-full",
        `Something is set for ${maxProjects} projects already. Take it away from one of them first.`,
      );
    return c.json(projects.view(root));
  });

  app.get("/api/directories", async (c) => {
    const { path, find } = directoriesQuery.parse(c.req.query());
    const { signal } = c.req.raw;
    const absolute = absolutePath(path ?? base, base);
    const refused = (why: string) =>
      httpError(400, "directory", `The directories in ${absolute} cannot be listed: ${why}.`);
    const found = await listDirectories(absolute, find, signal).catch((error: unknown) => {
      throw refused(whyNot(error));
    });
    const isHidden = (real: string) => askerOf(c).role !== "admin" && isSecret(real, services.own);
    if (isHidden(found.path)) throw refused("Rein’s own data is in it");
    const shown = found.directories.filter(({ name }) => !isHidden(join(found.path, name)));
    return c.json({ ...found, directories: shown });
  });

  app.get("/api/instructions", async (c) =>
    c.json(await personalInstructions.read(c.req.raw.signal)),
  );

  app.put("/api/instructions", async (c) => {
    const { text, digest } = instructionsRequest.parse(await body(c));
    const { signal } = c.req.raw;
    if (!(await personalInstructions.write(text, digest, signal)))
      throw httpError(
        409,
        "digest",
        "The file has changed since it was shown, so nothing was saved. Look at it again.",
      );
    return c.json(await personalInstructions.read(signal));
  });

  return app;
}

/** As a clause. */
function whyNot(error: unknown): string {
  switch (errorCode(error)) {
    case "ENOENT":
      return "there is no such directory";
    case "ENOTDIR":
      return "it is no directory";
    case "EACCES":
    case "EPERM":
      return "Rein may not read it";
    default:
      return error instanceof Error ? error.message : String(error);
  }
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
