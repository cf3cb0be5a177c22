/** The routes of a project, a directory that sessions work in: what it holds, and the rules that are kept for it. */
import { realpath } from "node:fs/promises";
import { Hono } from "hono";
import { directoryFilesQuery, ruleRequest, rulesQuery } from "../../../shared/requests";
import { defined } from "../../../shared/defined";
import { log } from "../../log";
import { factsOf } from "../../files/directory-facts";
import { createProjectPaths } from "../../tools/search/project-paths";
import { realRule, whyNoRule } from "../../rules/real-rule";
import { httpError } from "../http-error";
import { body } from "../body";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

export function createRuleRoutes({ rules, approvals, jobs, cwd: base }: Services): Hono {
  const app = new Hono();
  const paths = createProjectPaths(jobs);

  const directory = async (named: string | undefined) =>
    realpath(await checkDirectory(named ?? base, base));

  app.get("/api/directory", async (c) => {
    const cwd = await directory(rulesQuery.parse(c.req.query()).cwd);
    const facts = await factsOf(cwd, c.req.raw.signal).catch(() => {
      throw httpError(400, "directory", "The directory cannot be read.");
    });
    return c.json(facts);
  });

  app.get("/api/directory/files", async (c) => {
    const { cwd: named, newest, ...wanted } = directoryFilesQuery.parse(c.req.query());
    const cwd = await directory(named);
    const search = { ...wanted, newest: newest !== undefined };
    const found = await paths.find(cwd, search, c.req.raw.signal).catch((error: unknown) => {
      // A client gives up the list at each letter that is typed.
      if (!c.req.raw.signal.aborted)
        log.warn({ err: error, cwd }, "The files of a directory could not be listed");
      throw httpError(400, "directory", "The directory cannot be listed.");
    });
    const { paths: files, isPartial, isOld } = found;
    return c.json({ cwd, files, ...(isPartial && { isPartial }), ...(isOld && { isOld }) });
  });

  app.get("/api/rules", async (c) => {
    const cwd = await directory(rulesQuery.parse(c.req.query()).cwd);
    return c.json({ cwd, rules: rules.of(cwd) });
  });

  app.post("/api/rules", async (c) => {
    const request = ruleRequest.parse(await body(c));
    const cwd = await directory(request.cwd);
    const rule = await realRule(defined(request.rule), cwd, c.req.raw.signal).catch(() => {
      throw httpError(400, "rule", "A path of this rule cannot be read.");
    });
    const fault = whyNoRule(rule, request.effect);
    if (fault !== undefined) throw httpError(400, "rule", fault);
    if (rules.add(cwd, request.effect, rule) === undefined)
      throw httpError(409, "rules-full", "This project has too many rules. Remove one first.");
    approvals.recheck();
    return c.json({ cwd, rules: rules.of(cwd) });
  });

  app.delete("/api/rules/:id", async (c) => {
    const cwd = await directory(rulesQuery.parse(c.req.query()).cwd);
    if (!rules.remove(cwd, c.req.param("id")))
      throw httpError(404, "rule", "This rule was already removed.");
    approvals.recheck();
    return c.json({ cwd, rules: rules.of(cwd) });
  });

  return app;
}
