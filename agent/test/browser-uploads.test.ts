/** Uploads in a real Chromium: shown as they go, cut at any moment, and files that are only ever shown as text. */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { desktop, phone } from "./browser";
import { browserScene } from "./scene";
import { text } from "./upstream/upstream";
import { until, untilAsync } from "./within";

const scene = browserScene();
const sizes = {
  desktop: { viewport: desktop },
  phone: { viewport: phone, hasTouch: true, isMobile: true },
};

test("an upload shows how far it is; a cancel closes its connection, and the text and the cursor stay", async () => {
  await using opened = await scene.open(sizes.desktop);
  const { page } = opened;
  const input = page.getByLabel("Message", { exact: true });
  await slowDown(page);
  await input.fill("Look here.");
  await input.evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(4, 4));
  await choose(page, "one.txt");
  const bar = page.getByRole("progressbar", { name: "Upload of one.txt" });
  await untilAsync(
    async () => Number(await bar.getAttribute("aria-valuenow")) > 0,
    "some of it has gone out",
  );
  expect(await page.getByTestId("send").getAttribute("title")).toBe("Waits for 1 upload");
  await choose(page, "two.txt", "three.txt", "four.txt", "five.txt");
  // Three at a time.
  await chips(page, "waiting").nth(1).waitFor();
  expect(await chips(page, "uploading").count()).toBe(3);
  await page.getByRole("button", { name: "Cancel the upload of one.txt" }).click();
  await page.getByRole("button", { name: "Cancel all 4 uploads" }).click();
  expect(await chips(page).count()).toBe(0);
  expect(await input.inputValue()).toBe("Look here.");
  expect(await input.evaluate((field: HTMLTextAreaElement) => field.selectionStart)).toBe(4);
  await until(() => kept().length === 0);
  expect(opened.errors).toEqual([]);
});

test("Escape, and a stop from elsewhere, cut the uploads of the session, and each can be tried again", async () => {
  await using opened = await scene.open(sizes.phone);
  const { page } = opened;
  const slow = await slowDown(page);
  await choose(page, "cut.txt");
  await chips(page, "uploading").waitFor();
  await page.keyboard.press("Escape");
  // In the same frame: nothing is waited for.
  expect(await chips(page, "failed").innerText()).toContain("Cancelled by the stop.");
  await page.getByText("1 upload cancelled").waitFor();
  const asked = page.waitForRequest((request) => request.url().includes("/api/files?sessionId="));
  await page.getByRole("button", { name: "Try again: cut.txt" }).click();
  const sessionId = new URL((await asked).url()).searchParams.get("sessionId")!;
  await untilAsync(async () => {
    const path = `/api/sessions/${sessionId}/stop`;
    const answer = await scene.rein.fetch(path, { method: "POST", body: "{}" });
    return answer.ok && ((await answer.json()) as { uploads?: number }).uploads === 1;
  }, "the stop has cancelled the upload");
  await chips(page, "failed").getByText("Cancelled by the stop.").waitFor();
  expect(kept()).toEqual([]);

  await slow.end();
  await page.getByRole("button", { name: "Try again: cut.txt" }).click();
  await chips(page, "stored").waitFor();
  scene.upstream.script([text("Read.")]);
  await page.getByTestId("send").click();
  await page.getByText("Read.", { exact: true }).waitFor();
  expect(page.url()).toContain(sessionId);
});

test("what a reload has cut is named until it is dismissed, and an upload goes on while another session is shown", async () => {
  await using opened = await scene.open(sizes.desktop);
  const { page } = opened;
  const slow = await slowDown(page);
  await choose(page, "cut.txt");
  await chips(page, "uploading").waitFor();
  await page.reload();
  const words = "It was being uploaded when the page was reloaded. Attach it again.";
  await chips(page, "failed").getByText(words).waitFor();
  await page.reload();
  await chips(page, "failed").getByText(words).waitFor();
  expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
  await page.getByRole("button", { name: "Remove cut.txt" }).click();
  await page.reload();
  await page.getByTestId("send").waitFor();
  expect(await chips(page).count()).toBe(0);

  const chat = scene.rein.chat({ message: "Another session" });
  scene.upstream.script([text("Yes.")]);
  await chat.until((event) => event.type === "run-end");
  await choose(page, "going.txt");
  await chips(page, "uploading").waitFor();
  await page.getByRole("link", { name: /Another session/ }).click();
  await page.getByText("Yes.", { exact: true }).waitFor();
  expect(await chips(page).count()).toBe(0);
  await slow.end();
  await page.goBack();
  await chips(page).getByText("going.txt").waitFor();
  await chips(page, "stored").waitFor();
});

test("a dropped folder comes without what is hidden or heavy, and its files are read as text, never rendered", async () => {
  const folder = join(scene.rein.cwd, "src");
  for (const path of [".git", "node_modules", "lib"])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, ".git/config"), "secret");
  writeFileSync(join(folder, "node_modules/a.js"), "heavy");
  writeFileSync(
    join(folder, "lib/page.html"),
    "<script>document.title = 'run'</script><b>bold</b>",
  );
  writeFileSync(join(folder, "drawing.svg"), `<svg onload="document.title = 'run'"/>`);
  await using opened = await scene.open(sizes.phone);
  const { page } = opened;
  await drop(page, folder);
  await chips(page, "stored").getByText("2 files").waitFor();
  await page.getByText("Left out: .git, node_modules").waitFor();
  scene.upstream.script([text("Seen.")]);
  await page.getByTestId("send").click();
  await page.getByText("Seen.", { exact: true }).waitFor();
  const request = JSON.stringify(scene.upstream.requests.at(-1)!.body);
  expect(request).toContain("src/lib/page.html");
  expect(request).not.toContain("heavy");

  await page.getByTestId("folder").getByText("src/ · 2 files").click();
  for (const [name, content] of [
    ["src/lib/page.html", "<script>document.title = 'run'</script><b>bold</b>"],
    ["src/drawing.svg", `<svg onload="document.title = 'run'"/>`],
  ] as const) {
    await page.getByRole("button", { name: `Read text file ${name}` }).click();
    await page.getByTestId("text-file").getByText(content).waitFor();
    expect(await page.getByTestId("text-file").locator("script, svg, b").count()).toBe(0);
    expect(await page.title()).not.toBe("run");
    await page.keyboard.press("Escape");
    await page.getByTestId("text-file").waitFor({ state: "detached" });
  }
  expect(opened.errors).toEqual([]);
});

test("a very long text that is pasted becomes a file, and can be put into the message instead", async () => {
  await using opened = await scene.open(sizes.desktop);
  const { page } = opened;
  const input = page.getByLabel("Message", { exact: true });
  await input.fill("See: ");
  await input.press("End");
  const long = "word ".repeat(5000);
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const init = { bubbles: true, cancelable: true, clipboardData };
    document.querySelector("textarea")!.dispatchEvent(new ClipboardEvent("paste", init));
  }, long);
  await chips(page, "stored").getByText("pasted text.txt").waitFor();
  expect(await input.inputValue()).toBe("See: ");
  await page.getByRole("button", { name: "As text" }).click();
  await untilAsync(async () => (await input.inputValue()) === `See: ${long}`, "the pasted text");
  expect(await chips(page).count()).toBe(0);
});

/** Its uploads take some seconds a megabyte, until that is ended. */
async function slowDown(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  const limit = (uploadThroughput: number) =>
    devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  await devtools.send("Network.enable");
  // On a busy machine too the first of several is on its way while the others are chosen.
  await limit(60_000);
  return { end: () => limit(-1) };
}

async function choose(page: Page, ...names: string[]): Promise<void> {
  const files = names.map((name) => ({
    name,
    mimeType: "text/plain",
    buffer: Buffer.from(`${name}\n`.repeat(150_000)),
  }));
  await page.locator("input[name=files]").setInputFiles(files);
}

/** As a file manager drops it. */
async function drop(page: Page, path: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await devtools.send("Input.dispatchDragEvent", { type, x: 150, y: 300, data });
}

function chips(page: Page, state?: string) {
  const all = page.getByTestId("attached-file");
  return state === undefined ? all : all.and(page.locator(`[data-state=${state}]`));
}

function kept(): string[] {
  return readdirSync(join(scene.rein.dataDir, "files"));
}
