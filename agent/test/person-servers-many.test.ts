/** Dozens of people who ask at once, as after a start of the front, are not all kept waiting until the last of their servers serves. */
import { expect, test } from "bun:test";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { JobRequest, Jobs } from "../server/processes/jobs";
import { PersonServers } from "../server/unix-users/person-servers";
import type { Stop } from "../shared/protocol";
import { isRoot } from "./ordinary-user";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

const people = Array.from({ length: 12 }, (_, at) => `person-${at}`);
const needsRoot = isRoot ? "" : " (skipped: it needs root)";

/** Jobs that look accounts up, and whose servers start when they are let to. */
function scriptedJobs(homes: string) {
  const asked: string[] = [];
  const opened: PromiseWithResolvers<never>[] = [];
  const jobs = {
    capabilities: () => Promise.resolve({}),
    async run(request: JobRequest) {
      const [, list, name = ""] = request.command;
      const uid = 50_000 + people.indexOf(name);
      if (list === "passwd")
        request.onOutput(`${name}:x:${uid}:${uid}::${join(homes, name)}:/bin/sh\n`, "stdout");
      else asked.push(name);
    },
    open() {
      const one = Promise.withResolvers<never>();
      opened.push(one);
      return one.promise;
    },
  };
  return { jobs: jobs as unknown as Jobs, asked, opened };
}

test.skipIf(!isRoot)(
  `so many servers start at once as a machine can bear, and then the others${needsRoot}`,
  async () => {
    using homes = temporaryDirectory();
    using data = temporaryDirectory();
    for (const [at, name] of people.entries()) {
      mkdirSync(join(homes.path, name));
      chownSync(join(homes.path, name), 50_000 + at, 50_000 + at);
    }
    const { jobs, asked, opened } = scriptedJobs(homes.path);
    const removed = new Map<string, Stop>();
    const servers = new PersonServers({
      unixUsers: { accounts: "every", proxyAccounts: [], passedOn: {} },
      proxies: { isNamed: () => Promise.resolve(false) },
      jobs,
      dataDir: data.path,
      program: ["true"],
      openGates: () => ({ providers: () => ({}), close() {} }),
      signInsOf: () => [],
      removalOf: (name) => removed.get(name),
    });
    const answers = people.map((name) => servers.of(name).catch(String));
    await until(() => asked.length === people.length && opened.length >= 4);
    await Bun.sleep(0);
    expect(opened).toHaveLength(4);
    // Nobody is started for who is removed while they wait.
    removed.set("person-4", { by: "user", from: "web", user: "olga", askedAt: 1 });
    // One that does not come to serve makes room, as one that does.
    opened[0]!.reject(new Error("no memory"));
    await until(() => opened.length === 5);
    const closed = servers.close();
    for (const one of opened) one.reject(new Error("no memory"));
    const words = (at: number) =>
      at === 4 ? "was removed" : at < 6 ? "no memory" : "shutting down";
    expect(await Promise.all(answers)).toEqual(
      people.map((_, at) => expect.stringContaining(words(at))),
    );
    await closed;
  },
);
