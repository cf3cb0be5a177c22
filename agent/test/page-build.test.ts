/** What a browser and `rein web` get while the page is being built, and when that has failed. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { PageBuild } from "../server/http/build-pages";
import { createPage } from "../server/http/static-files";
import { wireHeader, wireVersion } from "../shared/protocol";
import { launchBrowser } from "./browser";
import { spawnCommand } from "./command-line";
import { temporaryDirectory } from "./temporary-directory";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** A server with a page that is being built, until `end` is called. */
function startBuild(showsReason = true) {
  const directory = temporaryDirectory();
  const folder = join(directory.path, "agent/dist");
  const ended = Promise.withResolvers<void>();
  const build: PageBuild = { isRunning: true, ended: ended.promise };
  const page = createPage(folder, build, showsReason);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/api/")) return page(request);
      const answer = pathname.endsWith("/token") ? { token: "once" } : {};
      return Response.json(answer, { headers: { [wireHeader]: String(wireVersion) } });
    },
  });
  return {
    url: server.url.origin,
    directory: directory.path,
    /** With what it has printed, when it fails. */
    end(failure?: string) {
      build.isRunning = false;
      if (failure !== undefined) build.failure = failure;
      else {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "index.html"), "<title>Built</title>");
      }
      ended.resolve();
    },
    async web() {
      const environment = { REIN_SERVER: server.url.origin, REIN_TOKEN: "a-token" };
      await using command = spawnCommand(["web"], { cwd: directory.path, environment });
      const [stdout, stderr, code] = await Promise.all([
        command.stdout,
        command.stderr,
        command.exited,
      ]);
      return { stdout, stderr, code };
    },
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      directory[Symbol.dispose]();
    },
  };
}

test("a browser that opens the page while it is being built is told so, and gets it once it is there", async () => {
  await using build = startBuild();
  const page = await browser.newPage();
  const address = `${build.url}/#token=once`;
  await page.goto(address, { waitUntil: "commit" });
  await page.getByRole("heading", { name: "Rein is building its page…" }).waitFor();
  build.end();
  await page.waitForFunction(() => document.title === "Built");
  expect(page.url()).toBe(address);
});

test("a browser whose page could not be built gets the reason, as text, and what to do", async () => {
  await using build = startBuild();
  const page = await browser.newPage();
  await page.goto(`${build.url}/s/1`, { waitUntil: "commit" });
  build.end("\u001b[31merror\u001b[0m in <b>Page.tsx</b>\n");
  await page.getByRole("heading", { name: "Rein’s page has not been built" }).waitFor();
  expect(await page.locator("pre").textContent()).toBe("error in <b>Page.tsx</b>\n");
  expect(await page.getByText("bun run build").first().textContent()).toBe("bun run build");
  expect(await page.locator("body").textContent()).toContain(build.directory);
});

test("where other machines can reach the server, the reason stays in its log", async () => {
  await using build = startBuild(false);
  build.end("error in /home/me/Page.tsx");
  const answer = await fetch(build.url, { headers: { Accept: "text/html" } });
  expect(answer.status).toBe(503);
  const words = await answer.text();
  expect(words).toContain("has not been built");
  expect(words).not.toContain("/home/me");
});

test("rein web says that the page is being built, and fails when it could not be", async () => {
  await using build = startBuild();
  const stdout = `${build.url}/#token=once\n`;
  const meanwhile = await build.web();
  expect(meanwhile).toMatchObject({ code: 0, stdout });
  expect(meanwhile.stderr).toContain("is being built");
  build.end("error");
  const failed = await build.web();
  expect(failed).toMatchObject({ code: 1, stdout });
  expect(failed.stderr).toContain("The page has not been built");
});
