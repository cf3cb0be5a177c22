/** `rein` where the network stands in the way of this machine itself. */
import { expect, test } from "bun:test";
import { holderOf, isDataDirHeld, lockDataDir } from "../server/store/data-dir-lock";
import { commandProgram } from "./command-line";
import { machine, pidsOf } from "./command-machine";
import { everyServerIsNode } from "./given-cluster";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

test("this machine's server is asked past the proxy that the environment names", async () => {
  const nowhere = "http://127.0.0.1:9";
  await using here = await machine({ http_proxy: nowhere, HTTP_PROXY: nowhere });
  expect(await here.run(["sessions"])).toMatchObject({ code: 0 });
  const answer = await here.run(["-p", "Hello"]);
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  expect(answer.stdout).toContain("I am a script");
});

/** Without a network, the loopback interface is down. */
const isolate = ["unshare", "--map-root-user", "--net"];
const isIsolated = Bun.spawnSync([...isolate, "true"]).success;

test.skipIf(!isIsolated)(
  "a server that no connection reaches is said to be so, and ended again",
  async () => {
    await using here = await machine();
    // Without its database a node starts only where it has joined before.
    if (everyServerIsNode)
      for (const args of [["sessions"], ["shutdown"]])
        expect(await here.run(args)).toMatchObject({ code: 0 });
    const command = Bun.spawn([...isolate, process.execPath, commandProgram, "sessions"], {
      cwd: here.home,
      env: { PATH: process.env.PATH ?? "", HOME: here.home, ...here.environment },
      stdin: "ignore",
      stderr: "pipe",
    });
    const words = await new Response(command.stderr).text();
    expect(await command.exited).toBe(1);
    expect(words).toContain("no connection to it could be made");
    await until(() => pidsOf(here.dataDir).length === 0, "the end of the server");
  },
);

test.skipIf(process.platform !== "linux")(
  "the process that holds a data directory is known",
  () => {
    using directory = temporaryDirectory();
    expect(isDataDirHeld(directory.path)).toBe(false);
    using _held = lockDataDir(directory.path);
    expect(holderOf(directory.path)).toBe(process.pid);
  },
);
