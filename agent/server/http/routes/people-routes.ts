/** The routes of the people that a server knows by name. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { Person } from "../../../shared/protocol";
import { personRequest } from "../../../shared/requests";
import { body } from "../body";
import { httpError } from "../http-error";
import { stopBy } from "../request";
import type { Services } from "../services";

export function createPeopleRoutes({ access }: Services): Hono {
  const { people, signIns, keys } = access;
  const app = new Hono();

  app.get("/api/people", async (c) => c.json({ people: await all() }));

  app.patch("/api/people/:id", async (c) => {
    const id = c.req.param("id");
    const { role, removed } = personRequest.parse(await body(c));
    const person = await people?.find(id);
    if (people === undefined || person === undefined)
      throw httpError(404, "person", "There is no such person.");
    if (person.isFixed && (role !== undefined || removed))
      throw httpError(409, "person", `REIN_ADMINS names ${person.name}: change it there.`);
    const { from, user } = stopBy(c);
    const by = defined({ from, user });
    await people.change(id, { role, removal: removed === false ? "undone" : removed && by });
    if (removed) {
      await signIns.removeAll({ user: person.name });
      await keys.removeAll(person.name);
    }
    return c.json({ people: await all() });
  });

  async function all(): Promise<Person[]> {
    await Promise.all([people?.catchUp(), signIns.catchUp(), keys.catchUp()]);
    const browsers = signIns.list();
    const all = keys.list();
    const countOf = (name: string, list: { user?: string }[]) =>
      list.filter(({ user }) => user === name).length;
    return (people?.list() ?? []).map((one) => ({
      ...one,
      signIns: countOf(one.name, browsers),
      keys: countOf(one.name, all),
    }));
  }

  return app;
}
