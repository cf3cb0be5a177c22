/** In whose server a session is that an admin names: no server of a person's takes what is another's by saying that it has it. */
import { expect, test } from "bun:test";
import { Hono } from "hono";
import { answerError } from "../server/http/error-answer";
import { findOwner } from "../server/http/people/admins-requests";
import { PeopleLists } from "../server/http/people/people-lists";
import type { PersonServer } from "../server/unix-users/person-server";

interface Fake {
  has: (id: string) => boolean;
  asked: string[];
}

/** An admin, olga, asks for a session; resolves with its owner, or the refusal. */
async function ownerOf(id: string, servers: Record<string, Fake>): Promise<string> {
  const serving = Object.entries(servers).map(([person, fake]) => {
    const fetch = (path: string) => {
      fake.asked.push(path);
      return Promise.resolve(new Response(null, { status: fake.has(id) ? 200 : 404 }));
    };
    return { person, account: { name: person }, hasEnded: false, fetch } as unknown as PersonServer;
  });
  const people = { serving };
  const lists = new PeopleLists({ serving, onBegun() {}, onEnded() {} });
  const app = new Hono();
  app.onError(answerError);
  app.get("*", async (c) => {
    return c.text((await findOwner(c, { people, lists, person: "olga" }, id)) ?? "nobody's");
  });
  return (await app.request(`/api/sessions/${id}`)).text();
}

const fake = (has: boolean): Fake => ({ has: () => has, asked: [] });

test("the one that has it is found", async () => {
  const own = fake(false);
  expect(await ownerOf("one", { olga: own, anna: fake(false), bob: fake(true) })).toBe("bob");
  expect(await ownerOf("two", { olga: own, anna: fake(false) })).toBe("nobody's");
});

test("what the admin's own server has is in no other, whoever says so", async () => {
  expect(await ownerOf("one", { olga: fake(true), bob: fake(true) })).toBe("nobody's");
});

test("where two say that they have it, none is believed", async () => {
  const said = await ownerOf("one", { anna: fake(true), bob: fake(true) });
  expect(said).toContain("anna and bob both say");
});

test("the one that has shown a session in a list has it, of two that show it neither, and none is held without end", () => {
  const lists = new PeopleLists({ serving: [], onBegun() {}, onEnded() {} });
  lists.noteOwner("one", "bob");
  lists.noteOwner("one", "bob");
  expect(lists.ownerOf("one")).toBe("bob");
  lists.noteOwner("one", "anna");
  expect(lists.ownerOf("one")).toBeUndefined();
  for (let at = 0; at <= 50_000; at++) lists.noteOwner(`many-${at}`, "anna");
  expect(lists.ownerOf("many-49999")).toBe("anna");
  expect(lists.ownerOf("many-50000")).toBeUndefined();
});
