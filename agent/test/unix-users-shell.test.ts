/** Commands of a person work as in a terminal of theirs, also where the account's shell lets nobody in. */
import { expect } from "bun:test";
import { unixPeople } from "./unix-people";

const scene = unixPeople();
const { test } = scene;

test("programs that run a line by $SHELL do so where the account's own is nologin", async () => {
  const { exitCode, stderr } = Bun.spawnSync(
    ["usermod", "--shell", "/usr/sbin/nologin", scene.bob.account],
    { env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } },
  );
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  expect(await scene.bob.command('$SHELL -c "echo it works"')).toContain("it works");
  // One that lets people in is left as it is.
  expect(await scene.anna.command("echo $SHELL")).toContain("/bin/bash");
});
