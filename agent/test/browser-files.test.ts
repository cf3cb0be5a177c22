/** Pictures and PDFs are attached, sent, seen again and sent once more in a real Chromium. */
import { expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { pngWith, samples } from "./sample-files";
import { browserScene } from "./scene";
import { finish, makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const png = samples["image/png"];
const scene = browserScene();

test("files that are chosen, pasted and dropped are shown, sent, seen in the message and after a reload, and sent again", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  let loaded = 0;
  page.on("request", (asked) => {
    if (/\/api\/files\/[0-9a-f]+$/.test(asked.url()) && asked.method() === "GET") loaded++;
  });
  await choose(page, "chosen.png", png);
  await bring(page, "paste", "pasted.png", pngWith("pasted"));
  await bring(page, "drop", "dropped.pdf", samples["application/pdf"]);
  await attached(page, "stored").nth(2).waitFor();
  // A picture that was just brought is not loaded again to be shown.
  await attached(page).locator("img").nth(1).waitFor();
  expect(loaded).toBe(0);
  // What another tab's bug or an extension has left there is passed over.
  await page.evaluate(() => {
    const name = "rein.files.new";
    const stored = JSON.parse(sessionStorage.getItem(name)!) as unknown[];
    sessionStorage.setItem(name, JSON.stringify([null, {}, ...stored]));
  });
  await page.reload();
  await attached(page, "stored").nth(2).waitFor();
  await page.getByRole("button", { name: "Remove pasted.png" }).click();
  await until(() => kept().length === 2);

  scene.upstream.script([text("A picture.")]);
  await send(page, "What is it?");
  await page.getByText("A picture.").waitFor();
  await page.getByTestId("picture").locator("img").waitFor();
  await page.getByRole("button", { name: /^Save PDF dropped.pdf/ }).waitFor();
  expect(await attached(page).count()).toBe(0);
  expectSent([png, samples["application/pdf"]]);
  await page.reload();
  await page.getByTestId("picture").locator("img").waitFor();
  const popup = page.context().waitForEvent("page");
  await page.getByRole("link", { name: /^Open picture chosen.png/ }).click();
  await (await popup).locator("img").waitFor();

  scene.upstream.script([text("Still a picture.")]);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await attached(page, "stored").nth(1).waitFor();
  await page.getByLabel("Edited text").press("Enter");
  await page.getByText("Still a picture.").waitFor();
  expectSent([png, samples["application/pdf"]]);
  await page.getByTestId("picture").first().waitFor();

  scene.upstream.script([text("No PDF any more.")]);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByRole("button", { name: "Remove dropped.pdf" }).click();
  expect(await attached(page).count()).toBe(1);
  await page.getByLabel("Edited text").press("Enter");
  await page.getByText("No PDF any more.").waitFor();
  expectSent([png]);
  expect(lastRequest()).not.toContain(samples["application/pdf"].toString("base64"));
  expect(await attached(page).count()).toBe(0);
  expect(opened.errors).toEqual([]);
});

test("a file alone is a message, and one that the model reads is shown in the tool's card", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await choose(page, "alone.png", png);
  await attached(page, "stored").waitFor();
  writeFileSync(join(scene.rein.cwd, "shot.txt"), png);
  scene.upstream.script(
    [toolCall("read", { path: "shot.txt" }), finish("tool-calls")],
    [text("Seen.")],
  );
  await page.getByTestId("send").click();
  await page.getByText("Seen.").waitFor();
  await page.getByTestId("tool-card").getByTestId("picture").locator("img").waitFor();
});

test("an upload in flight is waited for, and can be removed: its request ends, and nothing stays", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const before = kept();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  await page.route("**/api/files?*", async (route) => {
    await held;
    await route.continue().catch(() => undefined); // the page has aborted it
  });
  await choose(page, "slow.png", pngWith("slow"));
  await attached(page, "uploading").waitFor();
  await page.getByLabel("Message", { exact: true }).fill("Look.");
  expect(await page.getByTestId("send").isDisabled()).toBe(true);
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByText("Waits for 1 upload").waitFor();
  await choose(page, "later.png", pngWith("later"));
  await page.getByText("Waits for 2 uploads").waitFor();
  const cancel = page.getByRole("button", { name: "Cancel the upload of later.png" });
  await cancel.click();
  await page.getByText("Waits for 1 upload:").waitFor();
  const aborted = page.waitForEvent("requestfailed");
  await page.getByRole("button", { name: "Cancel the upload of slow.png" }).click();
  expect((await aborted).failure()?.errorText).toContain("ABORTED");
  release();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Look.");
  expect(await page.getByTestId("send").isDisabled()).toBe(false);
  expect(await page.getByText("Waits for 1 upload").count()).toBe(0);
  await page.evaluate(() => sessionStorage.setItem("rein.files.new", "{damaged"));
  await page.reload();
  await page.getByTestId("send").waitFor();
  expect(await attached(page).count()).toBe(0);
  await page.unroute("**/api/files?*");
  expect(kept()).toEqual(before);
});

test("what cannot be attached says why and keeps the text, and what the model cannot take is said before it is sent", async () => {
  await chooseModel("claude-2.1");
  await using opened = await scene.open();
  const { page } = opened;
  await page.getByLabel("Message", { exact: true }).fill("Look.");
  const broken = { name: "broken.png", mimeType: "", buffer: Buffer.from([0, 1, 2, 255]) };
  const texts = Array.from({ length: 30 }, (_, at) => ({
    name: `${at}.txt`,
    mimeType: "",
    buffer: samples["text/plain"],
  }));
  await page
    .locator("input[name=files]")
    .setInputFiles([...texts.slice(0, 15), broken, ...texts.slice(15)]);
  await attached(page, "failed").getByText("Only PNG, JPEG").waitFor();
  await attached(page, "stored").nth(29).waitFor();
  // The list scrolls: what cannot be sent is in sight.
  const inSight = await attached(page, "failed").evaluate((chip) => {
    const [own, list] = [chip.getBoundingClientRect(), chip.parentElement!.getBoundingClientRect()];
    return own.top >= list.top - 1 && own.bottom <= list.bottom + 1;
  });
  expect(inSight).toBe(true);
  for (const { name } of texts) await page.getByRole("button", { name: `Remove ${name}` }).click();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("Look.");
  await page.getByRole("button", { name: "Remove broken.png" }).click();
  await choose(page, "fine.png", png);
  await attached(page, "stored").getByText("This model takes no pictures").waitFor();
  scene.upstream.script([text("I see none.")]);
  await page.getByTestId("send").click();
  await page.getByText("I see none.").waitFor();
  expect(lastRequest()).toContain(": this model takes no pictures]");
  await page.getByText("Not sent to claude-2.1: this model takes no pictures.").waitFor();
});

test("a message that waits behind a run keeps its files, and one that is refused gives them back", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  const gate = makeGate();
  scene.upstream.script([text("Half ", gate, "and whole.")], [text("Three.")]);
  await send(page, "First");
  await page.getByText("Half").waitFor();
  await choose(page, "queued.png", png);
  await attached(page, "stored").waitFor();
  await page.getByLabel("Message", { exact: true }).press("Enter");
  await page.getByTestId("queued").getByText("[queued.png]").waitFor();
  gate.open();
  await page.getByText("Three.").waitFor();
  expectSent([png]);

  await choose(page, "refused.png", pngWith("refused"));
  await attached(page, "stored").waitFor();
  for (const hash of kept()) await scene.rein.fetch(`/api/files/${hash}`, { method: "DELETE" });
  await send(page, "And this?");
  await page.getByText("Attach it again").waitFor();
  await attached(page, "stored").waitFor();
  expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("And this?");
});

async function chooseModel(model: string): Promise<void> {
  const body = JSON.stringify({ provider: "anthropic", model });
  await scene.rein.json("/api/settings", { method: "PUT", body });
}

function attached(page: Page, state?: string) {
  const chips = page.getByTestId("attached-file");
  return state === undefined ? chips : chips.and(page.locator(`[data-state=${state}]`));
}

async function choose(page: Page, name: string, content: Buffer): Promise<void> {
  const file = { name, mimeType: "image/png", buffer: content };
  await page.locator("input[name=files]").setInputFiles([file]);
}

/** As the browser does when a person pastes or drops a file. */
async function bring(page: Page, way: "paste" | "drop", name: string, content: Buffer) {
  await page.evaluate(
    ([how, called, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], called));
      const init = { bubbles: true, cancelable: true };
      const field = document.querySelector("textarea")!;
      if (how === "paste")
        field.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: data }));
      else {
        const drag = (event: string, target: Element) =>
          target.dispatchEvent(new DragEvent(event, { ...init, dataTransfer: data }));
        drag("dragenter", document.body);
        drag("dragover", document.body);
        drag("dragenter", field);
        // From one element to another, as WebKit says it: without a relatedTarget.
        drag("dragleave", document.body);
        if (field.placeholder !== "Drop to attach") throw new Error("expected a word of the drop");
        drag("drop", field);
      }
    },
    [way, name, [...content]] as const,
  );
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}

/** The last request to the model carries them. */
function expectSent(contents: Buffer[]): void {
  const body = lastRequest();
  for (const content of contents) expect(body).toContain(content.toString("base64"));
}

function lastRequest(): string {
  return JSON.stringify(scene.upstream.requests.at(-1)!.body);
}

function kept(): string[] {
  return readdirSync(join(scene.rein.dataDir, "files"));
}
