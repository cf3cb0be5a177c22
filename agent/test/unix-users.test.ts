/** Each person works as the Unix account that belongs to them, in a server of their own behind the one that people reach. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
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
