/** A start installs what is missing, finds a free port, serves a page in development, and prints what is needed to open it. */
import { expect, test } from "bun:test";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { listen } from "../server/http/listen";
import { launchBrowser, temporaryDirectory } from "./browser";
import { startRein } from "./rein";
import { startUpstream, text, toolCall } from "./upstream/upstream";

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
  const connected = page.waitForEvent("console", (message) =>
    message.text().includes("[vite] connected"),
  );
  await page.goto(rein.printedAddress);
  await page.getByTestId("composer").waitFor();
  await connected;
  await browser.close();
});

test("a first start installs the packages, and its searches work at once", async () => {
  using folder = temporaryDirectory();
  const copy = join(folder.path, "rein");
  const left = new Set(["node_modules", ".git", "test"]);
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  // As for somebody whose home is in /tmp, which a sandbox has for itself.
  const packages = Bun.spawnSync([process.execPath, "pm", "cache"], { cwd: root }).stdout;
  symlinkSync(packages.toString().trim(), join(folder.path, "packages"));
  const upstream = startUpstream();
  await using rein = await startRein({
    command: ["sh", "-c", `cd "${copy}" && exec "${process.execPath}" agent/start.ts`],
    environment: {
      BUN_INSTALL_CACHE_DIR: join(folder.path, "packages"),
      REIN_SANDBOX: "auto",
      ANTHROPIC_API_KEY: "scripted-key",
      ANTHROPIC_BASE_URL: upstream.baseUrls.anthropic,
    },
  });
  expect(rein.output()).toStartWith("Installing packages…");
  const cwd = join(folder.path, "work");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "found.txt"), "");
  upstream.script([toolCall("glob", { pattern: "*.txt" })], [text("Found.")]);
  const chat = rein.chat({ message: "Go", cwd });
  await chat.ended;
  expect(chat.session.messages[1]?.parts).toMatchObject([{ state: "done", output: "found.txt\n" }]);
  await upstream.close();
});

const root = join(import.meta.dir, "../..");
