/** Options that are given to the server reach the commands of its runs. */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { testJobs } from "./processes-bench";
import { text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, stop, start } = apiScene({
  request: { permissions: "all" },
  starts: false,
});

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;

sandboxed(
  `with REIN_SANDBOX a command writes in its directory and not beside it${lack}`,
  async () => {
    // Not within the temporary directory, which is writable anyway.
    const parent = tmpdir() === "/var/tmp" ? homedir() : "/var/tmp";
    const cwd = realpathSync(mkdtempSync(join(parent, ".rein-sandbox-")));
    const outside = join(parent, `.rein-sandbox-${crypto.randomUUID()}`);
    try {
      await start({ environment: { REIN_SANDBOX: "on" } });
      upstream.script([toolCall("bash", { command: `touch here ${outside}` })], [text("Done.")]);
      await send({ cwd }).ended;
      expect([join(cwd, "here"), outside].map(existsSync)).toEqual([true, false]);
    } finally {
      for (const path of [cwd, outside]) rmSync(path, { recursive: true, force: true });
    }
  },
);

test("with REIN_GRACE_MS a stopped command has that long to clean up", async () => {
  await start({ environment: { REIN_GRACE_MS: "60000" } });
  // More than it has by default.
  const command = "trap 'sleep 0.6; touch cleaned; exit' TERM; echo on; sleep 1000 & wait";
  upstream.script([toolCall("bash", { command })]);
  const chat = send();
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  expect(await stop(chat)).toMatchObject({ outcome: "stopped" });
  expect(existsSync(join(rein.cwd, "cleaned"))).toBe(true);
});

test("a model of this machine is asked past the proxy", async () => {
  const asked: string[] = [];
  using proxy = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => {
      asked.push(url);
      return new Response();
    },
  });
  await start({ environment: { HTTP_PROXY: proxy.url.origin } });
  upstream.script([text("By the shortest way.")]);
  const chat = send();
  await chat.ended;
  expect(JSON.stringify(chat.session.messages)).toContain("By the shortest way.");
  expect(asked).toEqual([]);
});
