/** Each person works as the Unix account that belongs to them, in a server of their own behind the one that people reach. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandsAnswer } from "../shared/protocol";
import { environmentsOf, ownerOf, unixPeople } from "./unix-people";
import { text } from "./upstream/upstream";

const scene = unixPeople();
const { test } = scene;

test("a model's command runs as the person's account, in their home, with their groups alone", async () => {
  const { anna, bob } = scene;
  for (const one of [anna, bob]) {
    const said = await one.command("id; pwd; echo $HOME $USER; touch made");
    expect(said).toContain(`uid=${one.uid}(${one.account}) gid=`);
    expect(said).not.toContain("root");
    expect(said).toContain(`${one.home} ${one.account}`);
    expect(ownerOf(join(one.home, "made"))).toBe(one.uid);
  }
});

test("what a person may not read, neither their tools nor their routes read", async () => {
  const { anna, bob } = scene;
  const secret = join(bob.home, "secret.txt");
  writeFileSync(secret, "bob's own words", { mode: 0o600 });
  for (const said of [
    await anna.command(`cat ${secret}`),
    await anna.tool("read", { path: secret }),
    await (await anna.fetch(`/api/text?cwd=${bob.home}&path=secret.txt`)).text(),
  ])
    expect(said).not.toContain("bob's own words");
});

test("a person's sessions are in their own server, and another's are not found there", async () => {
  const { anna, bob, upstream } = scene;
  upstream.script([text("For anna.")]);
  const chat = anna.chat();
  await chat.ended;
  const path = `/api/sessions/${chat.sessionId}`;
  expect((await anna.fetch(path)).status).toBe(200);
  expect((await bob.fetch(path)).status).toBe(404);
  expect(ownerOf(join(anna.home, ".rein/rein.db"))).toBe(anna.uid);
});

test("the service gets the server's key, and the person's server has none", async () => {
  const { anna, upstream, rein } = scene;
  upstream.reset();
  upstream.script([text("Hello.")]);
  await anna.chat().ended;
  expect(upstream.requests[0]!.key).toBe("scripted-key");
  const environs = environmentsOf(anna.uid);
  expect(environs).toContain("REIN_FRONT");
  expect(environs).not.toContain("scripted-key");
  expect(environs).not.toContain(rein.token);
});

test("a person's jobs have cgroups and limits where the front's have, and cannot raise what all of theirs may use", async () => {
  const { anna, rein } = scene;
  const [own, front] = [
    await anna.json<CommandsAnswer>("/api/commands"),
    await rein.json<CommandsAnswer>("/api/commands"),
  ];
  expect(own.proof).toBe(front.proof);
  expect(own.limits.enforced).toEqual(front.limits.enforced);
  if (front.proof !== "supervisor and cgroup") return;
  const said = await anna.command(
    "cgroup=/sys/fs/cgroup; [ -d $cgroup/unified ] && cgroup=$cgroup/unified; own=$cgroup$(sed -n s/^0:://p /proc/self/cgroup); all=$own/../..; for file in $all/memory.max $all/cgroup.max.depth $all/cgroup.kill; do [ -e $file ] && echo max > $file && echo raised $file; done; echo tried; echo $own",
  );
  expect(said).toContain("tried");
  expect(said).not.toContain("raised");
  expect(said).toMatch(/rein\/[^/]+\/rein\/[^/]+$/m);
});
