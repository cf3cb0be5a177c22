/** An account that an administrator has let expire is nobody's in Rein either. */
import { expect } from "bun:test";
import { unixPeople } from "./unix-people";
import { untilAsync } from "./within";

const scene = unixPeople();
const { test } = scene;

function expire(day: string): void {
  const { exitCode, stderr } = Bun.spawnSync(["chage", "-E", day, scene.bob.account], {
    env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
}

test("a person whose account has expired has no server, and one whose account expires later has", async () => {
  expire("2000-01-01");
  const refused = await scene.bob.fetch("/api/sessions");
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    error: { code: "account", message: expect.stringContaining("it has expired") },
  });
  expect(scene.bob.processes()).toEqual([]);
  expire("2999-01-01");
  // That it was refused is remembered for a moment.
  await untilAsync(
    async () => (await scene.bob.fetch("/api/sessions")).status === 200,
    "bob has a server",
  );
});
