/** What a page shows while its server has a problem: the problem, and the answer, which stays readable. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { launchBrowser, openPage } from "./browser";
import { conversation, copyFiles, sealed, lockDatabase } from "./database-scene";
import { limited } from "./disk-limit";
import { startRein } from "./rein";
import { anthropicOn } from "./scene";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";
import { makeGate, startUpstream, text } from "./upstream/upstream";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const notSaved = "Rein cannot save right now";

test("a full disk is reported, and the answer continues, also after a reload", async () => {
  await using stage = await setUp(limited(128));
  const { page, gate } = stage;
  // More than what fits, even if it is written only once.
  const paragraph = `${"A long line of an answer. ".repeat(40)}\n\n`;
  stage.upstream.script([text(paragraph.repeat(160), gate, "The end.")]);
  await send(page);
  await page.getByText(notSaved).waitFor();
  gate.open();
  await page.getByText("The end.").waitFor();
  await page.reload();
  await page.getByText("The end.").waitFor();
  await Bun.$`prlimit --pid ${stage.rein.pid} --fsize=unlimited`.quiet();
  await page.getByText(notSaved).waitFor({ state: "hidden" });
  expect(stage.errors).toEqual([]);
});

test("a locked database is reported, the answer continues, and Stop works", async () => {
  await using stage = await setUp();
  const { page, gate } = stage;
  stage.upstream.script([text("One ", gate, "two ", makeGate())]);
  await send(page);
  await page.getByText("One").waitFor();
  using other = lockDatabase(stage.rein.dataDir);
  gate.open();
  await page.getByText("One two").waitFor();
  await page.getByText(notSaved).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("receipt").waitFor();
  other.run("COMMIT");
  await page.getByText(notSaved).waitFor({ state: "hidden" });
  expect(stage.errors).toEqual([]);
});

test("what the start found to be missing is told on every page until it is confirmed", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "before", "rein.db");
  mkdirSync(join(directory.path, "before"));
  const store = new Store(path);
  for (const step of conversation("lost", new SessionRegistry(store))) step();
  await sealed(path);
  const dataDir = join(directory.path, "data");
  rmSync(`${copyFiles(path, dataDir)}-wal`);
  store.close();
  chmodSync(dataDir, 0o700);
  await using rein = await startRein({ dataDir });
  await using opened = await openPage(browser, rein);
  const { page } = opened;
  await until(() => rein.output().includes("\nThe database lacks"), "it is told at the start");
  await page.getByTestId("storage").getByRole("button", { name: "Details" }).click();
  await page.getByText("1 conversation (“Title lost”)").waitFor();
  await page.goto(`${rein.url}/stops`);
  await page.getByText("Something that was saved is missing").waitFor();
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByTestId("storage").waitFor({ state: "hidden" });
  expect(opened.errors).toEqual([]);
});

test("when a server falls silent without closing the connection, the page says so and reconnects, and the answer continues", async () => {
  await using stage = await setUp();
  const { page, gate } = stage;
  await page.clock.install();
  await page.reload();
  stage.upstream.script([text("One ", gate, "two.")]);
  await send(page);
  await page.getByText("One").waitFor();
  process.kill(stage.rein.pid, "SIGSTOP");
  stage.defer(() => void process.kill(stage.rein.pid, "SIGCONT"));
  const reconnected = page.waitForRequest((request) => request.url().includes("/events?"));
  // Two heartbeats were missed.
  await page.clock.fastForward(45_000);
  await reconnected;
  expect(await page.getByText("One").isVisible()).toBe(true);
  await page.clock.fastForward(15_000);
  await page.getByTestId("connection").waitFor();
  process.kill(stage.rein.pid, "SIGCONT");
  gate.open();
  await page.clock.fastForward(15_000);
  await page.getByText("One two.").waitFor();
  await page.getByTestId("connection").waitFor({ state: "hidden" });
});

async function setUp(command: string[] = []) {
  await using started = new AsyncDisposableStack();
  const upstream = startUpstream();
  started.defer(() => upstream.close());
  const rein = started.use(await startRein({ command, environment: anthropicOn(upstream) }));
  const { page, errors } = started.use(await openPage(browser, rein));
  const all = started.move();
  return {
    upstream,
    rein,
    page,
    errors,
    gate: makeGate(),
    defer: (act: () => void) => all.defer(act),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function send(page: Page): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill("Do it");
  await page.keyboard.press("Enter");
}
