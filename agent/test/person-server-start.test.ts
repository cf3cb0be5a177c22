/** A person's server starts however many of those who have asked it were removed. */
import { expect, test } from "bun:test";
import type { JobRequest } from "../server/processes/jobs";
import { PersonServer } from "../server/unix-users/person-server";

/** Linux starts no program with a longer variable. */
const mostBytes = 131_072;

test("what a server is given as it starts has room in the environment, and names the newest removals", async () => {
  const removals = Array.from({ length: 1000 }, (_, index) => ({
    name: `${index} ${`é"\\`.repeat(50)}`,
    stop: { by: "user", from: "web", user: "olga", askedAt: index } as const,
  }));
  let asked: JobRequest | undefined;
  const starting = PersonServer.start({
    person: "anna",
    account: { name: "anna", uid: 1000, gid: 1000, home: "/home/anna", shell: "/bin/sh" },
    jobs: {
      open: async (request: JobRequest) => {
        asked = request;
        throw new Error("it is not started here");
      },
    },
    socket: { path: "/run/anna", take: () => undefined, remove: () => undefined },
    gates: { providers: () => ({}), close: () => undefined },
    signIns: () => [],
    removals: () => removals,
    program: ["/bin/true"],
    passedOn: {},
    limits: {},
  });
  expect(await starting.catch(String)).toContain("it is not started here");
  const [[variable, all] = ["", ""]] = Object.entries(asked!.env!);
  expect(Buffer.byteLength(`${variable}=${all}`)).toBeLessThan(mostBytes);
  const { REIN_FRONT: text } = JSON.parse(all) as { REIN_FRONT: string };
  const { removed } = JSON.parse(text) as { removed: { name: string }[] };
  expect(removed.length).toBeGreaterThan(100);
  expect(removed[0]!.name).toStartWith("999 ");
});
