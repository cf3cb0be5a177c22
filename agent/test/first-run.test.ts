/** A first start without any configuration asks nothing, whatever the standard input is; where it cannot start, it says why and what to do. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { givenCluster } from "./given-cluster";
import { findOrdinaryUser } from "./ordinary-user";
import { temporaryDirectory } from "./temporary-directory";
import { within } from "./within";

const program = join(import.meta.dir, "../server/index.ts");
const user = findOrdinaryUser();
afterAll(() => user?.[Symbol.asyncDispose]());

/** Closed standard input: the next file that the program opened would take its number. */
const closed = ["sh", "-c", 'exec "$@" <&-', "sh"];

test.each([
  ["nothing to read", []],
  ["standard input closed", closed],
])("with %s a first start serves, and prints what matters in four lines", async (_name, before) => {
  using home = temporaryDirectory();
  const command = [...before, process.execPath, program];
  const cluster = await givenCluster({}, join(home.path, ".rein"));
  const env = { PATH: process.env.PATH ?? "", HOME: home.path, PORT: "0", ...cluster };
  const server = Bun.spawn(command, { cwd: home.path, env, stdin: "ignore", stderr: "pipe" });
  try {
    let text = "";
    const decoder = new TextDecoder();
    await within(
      () => `the lines of the start: ${text}`,
      (async () => {
        for await (const piece of server.stdout) {
          text += decoder.decode(piece);
          if (/^Commands .*\n/m.test(text)) return;
        }
      })(),
    );
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^Rein \S+ is at http:\/\/127\.0\.0\.1:\d+\/#token=\S+$/);
    expect(lines[2]).toStartWith("Processes: ");
    expect(existsSync(join(home.path, ".rein/token"))).toBe(true);
  } finally {
    server.kill();
    expect(await server.exited).toBe(0);
  }
});

test.skipIf(user === undefined)(
  `a home that cannot be written is named, with what to do${user ? "" : " (skipped: not root)"}`,
  async () => {
    const home = join(user!.home, "read-only");
    mkdirSync(home);
    chmodSync(home, 0o555);
    const command = user!.command(`HOME=${home}`, "PORT=0", process.execPath, program);
    const server = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    expect(await server.exited).toBe(1);
    const words = await new Response(server.stderr).text();
    expect(words).toContain(`The data directory ${home}/.rein cannot be used: EACCES`);
    expect(words).toContain("Choose another with REIN_DATA_DIR.");
    expect(words.trim().split("\n")).toHaveLength(1);
  },
);
