/** A start installs what is missing, ends with what it was started by, finds a free port, serves a page in development, and prints what is needed to open it. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { chmodSync, cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isLauncher } from "../launchers";
import { listen } from "../server/http/listen";
import { log } from "../server/log";
import { isAlive } from "../server/processes/inspect/process-identity";
import { childrenOf, treesOf } from "../server/processes/linux/descendants";
import { warmUp } from "../server/warm-up";
import { launchBrowser } from "./browser";
import { type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, startUpstream, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const root = join(import.meta.dir, "../..");

test("a start uses the next free port when the default port is taken", async () => {
  const answer = () => new Response("here");
  const first = listen({ port: 0, portGiven: false, host: "127.0.0.1" }, answer);
  const { port } = first;
  const second = listen({ port, portGiven: false, host: "127.0.0.1" }, answer);
  expect(second.port).toBeGreaterThan(port);
  expect(await (await fetch(`http://127.0.0.1:${second.port}`)).text()).toBe("here");
  await Promise.all([first.stop(true), second.stop(true)]);
});

test("a server in development serves the page at its one address, and hot reload connects", async () => {
  await using rein = await startRein({ args: ["--dev"] });
  const browser = await launchBrowser();
  const page = await browser.newPage();
  // Vite builds what the page loads: beside load longer than the limits of Playwright.
  page.setDefaultTimeout(0);
  const connected = page.waitForEvent("console", (message) =>
    message.text().includes("[vite] connected"),
  );
  await page.goto(rein.printedAddress);
  await page.getByTestId("composer").waitFor();
  await connected;
  await browser.close();
});

describe("a first start, by a shell and the package's script,", () => {
  const upstream = startUpstream();
  const cleanUp = new AsyncDisposableStack();
  let rein: Rein;
  /** Else a busy machine may not have the list of models in time. */
  const named = { provider: "anthropic", model: "m" };
  /** The build of the page waits for this file. */
  let buildEnd: string;
  beforeAll(async () => {
    const folder = cleanUp.use(temporaryDirectory());
    const copy = join(folder.path, "rein");
    const left = new Set(["node_modules", ".git", "test", "dist"]);
    cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
    buildEnd = join(folder.path, "build-end");
    writeBuild(copy, buildEnd);
    // As when the home directory is in /tmp: a sandbox has a /tmp of its own.
    const packages = Bun.spawnSync([process.execPath, "pm", "cache"], { cwd: root }).stdout;
    symlinkSync(packages.toString().trim(), join(folder.path, "packages"));
    rein = await startRein({
      command: ["sh", "-c", `cd "${copy}" && "${process.execPath}" --silent run start; true`],
      environment: {
        BUN_INSTALL_CACHE_DIR: join(folder.path, "packages"),
        REIN_SANDBOX: "auto",
        ANTHROPIC_API_KEY: "scripted-key",
        ANTHROPIC_BASE_URL: upstream.baseUrls.anthropic,
      },
    });
    cleanUp.use(rein);
    cleanUp.defer(() => upstream.close());
  });
  afterAll(() => cleanUp.disposeAsync());

  test("installs the packages, and its searches work at once", async () => {
    expect(rein.output()).toStartWith("Installing packages…");
    writeFileSync(join(rein.cwd, "found.txt"), "");
    upstream.script([toolCall("glob", { pattern: "*.txt" })], [text("Found.")]);
    const chat = rein.chat({ message: "Go", cwd: rein.cwd, ...named });
    await chat.ended;
    const call = { state: "done", output: "found.txt\n" };
    expect(chat.session.messages[1]?.parts).toMatchObject([call]);
  });

  test("serves while the page is being built, which is answered once it is there", async () => {
    const page = fetch(new URL("/", rein.url));
    expect(rein.output()).toMatch(/Building the page…[^]*Rein \S+ is at/);
    const headers = { Accept: "text/html,*/*" };
    const meanwhile = await fetch(new URL("/s/1", rein.url), { headers });
    expect(meanwhile.status).toBe(503);
    expect(await meanwhile.text()).toContain("Rein is building its page");
    writeFileSync(buildEnd, "");
    expect(await (await page).text()).toBe("The page");
    expect(await (await fetch(rein.url, { headers })).text()).toBe("The page");
  });

  test("ends in order when the shell that waits for it is killed", async () => {
    upstream.script([text("Part of ", makeGate())]);
    const chat = rein.chat({ message: "Go", cwd: rein.cwd, ...named });
    await chat.until((event) => event.type === "part-delta");
    const started = [...treesOf(childrenOf(rein.pid))].flatMap((row) => row ?? []);
    cleanUp.defer(() => started.filter(isAlive).forEach(({ pid }) => process.kill(pid, "SIGKILL")));
    rein.signal("SIGKILL");
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "shutdown" } });
    await until(() => !started.some(isAlive));
  });
});

/** A build of the page that ends once this file is there. */
function writeBuild(copy: string, end: string): void {
  const page = join(copy, "agent/dist");
  const lines = [
    `while [ ! -e "${end}" ]; do sleep 0.02; done`,
    `mkdir -p "${page}"`,
    `printf "The page" > "${page}/index.html"`,
  ];
  writeFileSync(join(copy, "build.sh"), lines.join("\n"));
  const file = join(copy, "package.json");
  const description = JSON.parse(readFileSync(file, "utf8"));
  description.scripts.build = `sh ${join(copy, "build.sh")}`;
  writeFileSync(file, JSON.stringify(description));
}

test("the first message reaches the model while the supervisor is still being compiled", async () => {
  using folder = temporaryDirectory();
  const compiler = join(folder.path, "cc");
  const end = join(folder.path, "end");
  writeFileSync(compiler, `#!/bin/sh\nwhile [ ! -e "${end}" ]; do sleep 0.02; done; exit 1\n`);
  chmodSync(compiler, 0o755);
  const upstream = startUpstream();
  await using rein = await startRein({
    environment: { ...upstream.environment, PATH: `${folder.path}:${process.env.PATH}` },
  });
  upstream.script([text("Hello.")]);
  const chat = rein.chat({ message: "Hi", provider: "anthropic", model: "m" });
  await upstream.request(0);
  expect(rein.output()).not.toContain("Processes:");
  chat.hangUp();
  rein.signal("SIGKILL");
  writeFileSync(end, "");
  await upstream.close();
});

test("what is loaded ahead goes on after a failure, and ends with the server", async () => {
  const closing = new AbortController();
  const done: string[] = [];
  const steps = [
    () => Promise.reject(new Error("it cannot be loaded")),
    () => void done.push("second"),
    () => closing.abort(),
    () => void done.push("after the end"),
  ];
  using logged = spyOn(log, "error").mockImplementation(() => {});
  await warmUp(steps, closing.signal);
  expect(done).toEqual(["second"]);
  expect(logged).toHaveBeenCalledTimes(1);
});

test.each([
  [true, "npm exec bun start"],
  [true, "npm start"],
  [true, "node /usr/lib/node_modules/npm/bin/npx-cli.js -y bun start"],
  [true, "/usr/bin/bun start"],
  [true, "bun --silent run start"],
  [true, "sh -c 'bun' start"],
  [true, "bash -lc cd rein && bun start 2>&1"],
  [false, "sh -c bun start &"],
  [false, "sh -c nohup bun start"],
  [false, "sh start-all.sh"],
  [false, "-bash"],
  [false, "bun manager.ts start"],
  [false, "bun test"],
  [false, "tmux new bun start"],
])("a server ends with the process above it: %p, %s", (isOne, commandLine) => {
  expect(isLauncher(commandLine)).toBe(isOne);
});

test.each([
  [true, "this package", join(root, "package.json"), '"$@"; true'],
  [false, "another package", "/package.json", '"$@"; true'],
  [false, "this package, in another session", join(root, "package.json"), '. "$0"; true'],
])(
  "a shell waits for the server: %p where that was started by a runner of %s",
  (isOne, _, file, script) => {
    using folder = temporaryDirectory();
    const detach = join(folder.path, "detach");
    writeFileSync(detach, 'setsid --wait "$@"');
    const look = `import { findLaunchers } from "${root}/agent/launchers";
    console.log(findLaunchers("${root}/package.json").length)`;
    const command = ["sh", "-c", script, detach, process.execPath, "-e", look];
    const env = { ...process.env, npm_package_json: file };
    const { stdout } = Bun.spawnSync(command, { env, stderr: "inherit" });
    expect(stdout.toString().trim()).toBe(isOne ? "1" : "0");
  },
);
