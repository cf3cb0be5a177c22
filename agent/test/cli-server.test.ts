/** How `rein` finds this machine's server, starts it in the background, and ends it. */
import { expect, test } from "bun:test";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readProcessTable } from "../server/processes/inspect/process-table";
import { lockDataDir } from "../server/store/data-dir-lock";
import { wireVersion } from "../shared/protocol";
import { commandProgram, spawnCommand } from "./command-line";
import { isAlive } from "./machine-facts";
import { everyWire } from "./api-scene";
import { givenCluster } from "./given-cluster";
import { machine, pidsOf, serverPid } from "./command-machine";
import { findOrdinaryUser } from "./ordinary-user";
import { temporaryDirectory } from "./temporary-directory";
import { openScreen, screenTest } from "./terminal-screen";
import { makeGate, startUpstream, text } from "./upstream/upstream";
import { until } from "./within";

test("two commands at the same moment start one server, which outlives them and ends by rein shutdown", async () => {
  await using here = await machine();
  const both = await Promise.all([here.run(["web"]), here.run(["sessions"])]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const started = both.filter(({ stderr }) => stderr.includes("Starting Rein's server"));
  expect(started).toHaveLength(1);
  const address = readFileSync(join(here.dataDir, "address"), "utf8").trim();
  expect(both[0].stdout).toStartWith(`${address}/#token=`);

  const server = serverPid(here.dataDir);
  const answer = await here.run(["-p", "Hello"]);
  expect(answer).toMatchObject({ code: 0, stderr: "" });
  expect(answer.stdout).toContain("I am a script");

  const end = await here.run(["shutdown"]);
  expect(end).toEqual({ stdout: `The server at ${address} has ended.\n`, stderr: "", code: 0 });
  await until(() => !isAlive(server), "the end of its process");
  expect(await here.run(["stop"])).toMatchObject({ code: 0 });
  expect(await here.run(["shutdown"])).toMatchObject({ stdout: "No server runs.\n", code: 0 });
  const stops = await here.run(["stops"]);
  expect(stops).toMatchObject({ code: 1, stdout: "" });
  expect(stops.stderr).toStartWith("rein: No server runs");
  expect(pidsOf(here.dataDir)).toEqual([]);
});

test("rein stop waits for a server that does not answer yet", async () => {
  await using here = await machine();
  using _held = lockDataDir(here.dataDir);
  let requests = 0;
  const server = createServer(({ url, socket }, response) => {
    if (++requests <= 3) return socket.destroy();
    response.setHeader("X-Rein-Wire", wireVersion);
    response.end(JSON.stringify(url === "/api/sessions" ? { sessions: [] } : {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  writeFileSync(join(here.dataDir, "token"), "a-token");
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(here.dataDir, "address"), `http://127.0.0.1:${port}`);
  const stop = await here.run(["stop"]);
  expect(stop).toEqual({ stdout: "Nothing is running.\n", stderr: "", code: 0 });
  expect(requests).toBeGreaterThan(3);
  server.close();
  rmSync(join(here.dataDir, "address"));
});

screenTest(
  "the terminal face starts its server again when it has ended, and what was typed stays",
  async () => {
    const upstream = startUpstream();
    await using _closing = { [Symbol.asyncDispose]: () => upstream.close() };
    await using here = await machine(everyWire(upstream));
    const environment = { ...here.environment, HOME: here.home, REIN_SERVER: "", REIN_TOKEN: "" };
    const place = { url: "", token: "", cwd: here.home };
    await using screen = await openScreen(place, {
      dataDir: here.dataDir,
      environment,
      width: 100,
    });
    upstream.script([text("One ", makeGate())]);
    await screen.type("Do it");
    await screen.press("Enter");
    await screen.until("One");
    await screen.type("and then");
    const first = serverPid(here.dataDir);
    process.kill(first, "SIGKILL");
    await screen.until("This machine's server does not answer. · Ctrl+Y: start it again");
    await screen.press("C-y");
    const rows = await screen.until(/Ready · stopped while the model was writing · server crashed/);
    expect(rows).toContain("One");
    expect(rows).toContain("│ and then");
    expect(rows).not.toContain("does not answer");
    expect(serverPid(here.dataDir)).not.toBe(first);
    upstream.script([text("Two.")]);
    await screen.press("Enter");
    await screen.until("Two.");
  },
);

screenTest("the terminal face follows its server to another address", async () => {
  const upstream = startUpstream();
  await using _closing = { [Symbol.asyncDispose]: () => upstream.close() };
  await using here = await machine(everyWire(upstream));
  const environment = { ...here.environment, HOME: here.home, REIN_SERVER: "", REIN_TOKEN: "" };
  const place = { url: "", token: "", cwd: here.home };
  await using screen = await openScreen(place, { dataDir: here.dataDir, environment, width: 100 });
  await screen.until("Ready");
  const address = () => readFileSync(join(here.dataDir, "address"), "utf8");
  const first = address();
  expect((await here.run(["shutdown"])).code).toBe(0);
  await screen.until("This machine's server does not answer.");
  expect((await here.run(["sessions"])).code).toBe(0);
  expect(address()).not.toBe(first);
  upstream.script([text("Two.")]);
  await screen.until(/^(?![^]*does not answer)[^]*Ready/);
  await screen.type("Do it");
  await screen.press("Enter");
  await screen.until("Two.");
});

test("a server that does not start says why, in its own words", async () => {
  await using here = await machine();
  const { stderr, code } = await here.run(["sessions"], { REIN_SANDBOX: "perhaps" });
  expect(code).toBe(1);
  expect(stderr).toContain("REIN_SANDBOX is “perhaps”; expected auto, on or off");
  const broken = await here.run(["doctor"], { REIN_SANDBOX: "perhaps" });
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain("✗ Server");
});

test("a server that is killed as it starts is said to be", async () => {
  using directory = temporaryDirectory();
  const cluster = await givenCluster({}, join(directory.path, ".rein"));
  const environment = { PORT: "0", REIN_SANDBOX: "off", ...cluster };
  await using command = spawnCommand(["web"], { cwd: directory.path, environment });
  const servers = () =>
    [...readProcessTable().values()].filter(({ parent }) => parent === command.pid);
  await until(() => servers().length > 0, "the server's process");
  for (const { pid } of servers()) process.kill(pid, "SIGKILL");
  expect(await command.exited).toBe(1);
  expect(await command.stderr).toContain("The server was killed by SIGKILL as it started");
});

test("a data directory that cannot be made is named", async () => {
  await using here = await machine();
  const file = join(here.dataDir, "file");
  writeFileSync(file, "");
  const { stderr, code } = await here.run(["sessions", "--data-dir", join(file, "rein")]);
  expect({ code, named: stderr.includes(file) }).toEqual({ code: 1, named: true });
});

test("an empty directory that others may look into becomes Rein's own; one with other things is left as it is", async () => {
  await using here = await machine();
  const [empty, other] = [join(here.dataDir, "empty"), join(here.dataDir, "other")];
  mkdirSync(empty, { mode: 0o755 });
  mkdirSync(other, { mode: 0o755 });
  writeFileSync(join(other, "thesis.txt"), "");
  await using _end = {
    [Symbol.asyncDispose]: async () => void (await here.run(["shutdown", "--data-dir", empty])),
  };
  expect(await here.run(["web", "--data-dir", empty])).toMatchObject({ code: 0 });
  expect(statSync(empty).mode & 0o777).toBe(0o700);
  const refused = await here.run(["web", "--data-dir", other]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("it holds other things");
  expect(readdirSync(other)).toEqual(["thesis.txt"]);
});

const user = findOrdinaryUser();

test.skipIf(user === undefined)(
  "a server whose files another user may not read is not said to be none",
  async () => {
    await using here = await machine();
    const run = (...args: string[]) => {
      const command = [process.execPath, commandProgram, ...args, "--data-dir", here.dataDir];
      const ran = Bun.spawnSync(user!.command(...command), {
        cwd: "/",
        env: { PATH: process.env.PATH },
      });
      return { code: ran.exitCode, stderr: ran.stderr.toString() };
    };
    expect(await here.run(["web"])).toMatchObject({ code: 0 });
    for (const mode of [0o700, 0o755]) {
      chmodSync(here.dataDir, mode);
      const { code, stderr } = run("stop");
      expect(code).toBe(1);
      expect(stderr).toContain(`${here.dataDir} cannot be used: `);
      expect(stderr).toContain("permission denied");
    }
    await user![Symbol.asyncDispose]();
  },
);

test("a token that the server refuses is an error that says what to do", async () => {
  await using here = await machine();
  await here.run(["sessions"]);
  const { stderr, code } = await here.run(["sessions"], {
    REIN_TOKEN: "another-token-of-a-script",
  });
  expect(code).toBe(1);
  expect(stderr).toContain("refused the token");
});

test("the address of a server that has ended gets no token, though another program answers there", async () => {
  await using here = await machine();
  await here.run(["sessions"]);
  await here.run(["shutdown"]);
  const asked: string[] = [];
  using other = Bun.serve({
    port: 0,
    fetch: (request) => {
      asked.push(request.url);
      return new Response("");
    },
  });
  writeFileSync(join(here.dataDir, "address"), other.url.origin);
  expect(await here.run(["stop"])).toMatchObject({ code: 0 });
  expect(await here.run(["sessions"])).toMatchObject({ code: 0 });
  expect(asked).toEqual([]);
});

test("another version of Rein, which rein shutdown ends, and what is not Rein are told apart", async () => {
  await using here = await machine();
  using newer = Bun.serve({
    port: 0,
    fetch: () => new Response("{}", { headers: { "X-Rein-Wire": "9999" } }),
  });
  using other = Bun.serve({ port: 0, fetch: () => new Response("<html>") });
  const ask = (url: URL, command = "sessions") =>
    here.run([command, "--server", url.href], { REIN_TOKEN: "a-token-of-a-script" });
  expect((await ask(newer.url)).stderr).toContain("this command is older");
  expect((await ask(other.url)).stderr).toContain("is not Rein");
  expect(await ask(newer.url, "shutdown")).toMatchObject({ code: 0, stderr: "" });
  expect((await ask(other.url, "shutdown")).stderr).toContain("is not Rein");
});

test("rein web --open gives the browser a page of its own that leads there, and no token on a command line", async () => {
  await using here = await machine();
  using programs = temporaryDirectory();
  const opened = join(programs.path, "opened");
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  writeFileSync(join(programs.path, opener), `#!/bin/sh\necho "$*" > ${opened}\n`, { mode: 0o755 });
  const PATH = `${programs.path}:${process.env.PATH}`;
  const { stdout, code } = await here.run(["web", "--open"], { PATH });
  expect(code).toBe(0);
  const page = readFileSync(opened, "utf8").trim();
  expect(page).toBe(pathToFileURL(join(here.dataDir, "open.html")).href);
  expect(readFileSync(new URL(page), "utf8")).toContain(`url=${stdout.trim()}"`);
});

test("the launcher works through links, from any directory, and names what it needs", async () => {
  using directory = temporaryDirectory();
  const link = join(directory.path, "rein");
  const launcher = join(import.meta.dir, "../cli/rein");
  symlinkSync(launcher, join(directory.path, "first"));
  symlinkSync("first", link);
  const run = (path: string) =>
    Bun.spawnSync([link, "--version"], { cwd: "/", env: { PATH: path, HOME: directory.path } });
  expect(run(process.env.PATH ?? "").stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  const closed = Bun.spawnSync(["sh", "-c", `"$0" "a message" >&-`, link], {
    env: { PATH: process.env.PATH, HOME: directory.path },
  });
  expect(closed.exitCode).toBe(1);
  expect(closed.stderr.toString()).toContain("Standard output is closed");
  // A PATH with the tools of a POSIX system and neither Bun nor Node.
  for (const name of ["sh", "readlink", "dirname"])
    symlinkSync(Bun.which(name)!, join(directory.path, name));
  const bare = run(directory.path);
  expect(bare.exitCode).toBe(1);
  expect(bare.stderr.toString()).toContain("needs Bun");
});
