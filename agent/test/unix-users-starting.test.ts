/** A person's server hears what has changed while it was started, and starts again where the end of the last one was not seen. */
import { expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import type { Job, Jobs } from "../server/processes/jobs";
import { PersonServers } from "../server/unix-users/person-servers";
import type { Stop } from "../shared/protocol";
import { temporaryDirectory } from "./temporary-directory";
import { unixPeople } from "./unix-people";
import { until } from "./within";

const scene = unixPeople();
const { test } = scene;

/** Writes down what the front gives, each gift in a line. */
const program = `
  const { appendFileSync } = require("node:fs");
  Bun.serve({
    unix: process.env.REIN_SOCKET,
    async fetch(request) {
      if (request.method === "POST") process.exit();
      if (request.method === "PUT") appendFileSync(process.env.HOME + "/given", await request.text() + "\\n");
      return new Response("{}");
    },
  });
`;

/** `opened`: makes of each job what the front gets. */
function peopleOf(
  dataDir: string,
  { removed, opened }: { removed: Map<string, Stop>; opened: (job: Job) => Job | Promise<Job> },
): PersonServers {
  const real = createJobs({ dataDir });
  const open: Jobs["open"] = async (...asked) => opened(await real.open(...asked));
  return new PersonServers({
    unixUsers: { accounts: "every", proxyAccounts: [], passedOn: {} },
    proxies: { isNamed: () => Promise.resolve(false) },
    jobs: { ...real, open },
    dataDir,
    program: [process.execPath, "-e", program],
    openGates: () => ({ providers: () => ({}), close() {} }),
    signInsOf: () => [],
    removalOf: (name) => removed.get(name),
  });
}

test("a guest who is removed while a person's server starts is told to it at once", async () => {
  using directory = temporaryDirectory();
  const removed = new Map<string, Stop>();
  const stop: Stop = { by: "user", from: "web", user: "olga", askedAt: 1 };
  // Its environment is made by then.
  const opened = (job: Job) => (removed.set("guest", stop), job);
  const people = peopleOf(directory.path, { removed, opened });
  const { account, home } = scene.anna;
  people.guests.note(account, "guest");
  await people.of(account);
  const path = join(home, "given");
  await until(() => existsSync(path) && readFileSync(path, "utf8").endsWith("\n"));
  const [first = ""] = readFileSync(path, "utf8").split("\n");
  expect(JSON.parse(first)).toMatchObject({ removed: [{ name: "guest", stop }] });
  await people.close();
});

test("a server whose end was not seen keeps nobody from the next one", async () => {
  using directory = temporaryDirectory();
  const jobs: Job[] = [];
  const opened = (job: Job) => {
    jobs.push(job);
    return jobs.length === 1 ? withUnseenEnd(job) : job;
  };
  const people = peopleOf(directory.path, { removed: new Map(), opened });
  const { account } = scene.bob;
  const first = await people.of(account);
  await jobs[0]!.stop("hard");
  expect(await first.ended.catch(String)).toContain("not seen");
  const next = await people.of(account);
  expect([next === first, next.hasEnded]).toEqual([false, false]);
  await people.close();
});

test("a stop reaches who serves, and waits for no server that is being started", async () => {
  using directory = temporaryDirectory();
  const { promise: held, resolve: letServe } = Promise.withResolvers<void>();
  let isHeld = false;
  const opened = (job: Job) => (isHeld ? held.then(() => job) : job);
  const people = peopleOf(directory.path, { removed: new Map(), opened });
  const [anna, bob] = [scene.anna.account, scene.bob.account];
  await people.of(anna);
  isHeld = true;
  const starting = people.of(bob);
  const asked: string[] = [];
  const all = people.each(({ person }) => asked.push(person));
  await until(() => asked.length > 0);
  expect(asked).toEqual([anna]);
  letServe();
  await Promise.all([starting, all]);
  expect(asked).toEqual([anna, bob]);
  await people.close();
});

function withUnseenEnd(job: Job): Job {
  const ended = job.ended.then(() => {
    throw new Error("not seen");
  });
  return new Proxy(job, {
    get(of, name) {
      if (name === "ended") return ended;
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === "function" ? (value.bind(of) as unknown) : value;
    },
  });
}
