/** A conversation is summarised in a real Chromium: the summary is shown, stopped, made again, read and undone. */
import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { desktop, phone } from "./browser";
import { told } from "./control-api";
import { browserScene } from "./scene";
import { untilModelKnown } from "./compaction-scene";
import { makeGate, text, usage } from "./upstream/upstream";

const scene = browserScene();

const sizes = {
  desktop: { viewport: desktop },
  phone: { viewport: phone, hasTouch: true, isMobile: true },
};

for (const [size, options] of Object.entries(sizes))
  describe(`at ${size} size`, () => {
    test("a summary is visible while it is made, can be stopped midway, made again, read, and undone", async () => {
      await untilModelKnown(scene.rein);
      await using opened = await scene.open(options);
      const { page } = opened;
      scene.upstream.script([text("Blue it is."), usage(150_000, 1000)]);
      await send(page, "Which colour?");
      await page.getByText("Blue it is.").waitFor();
      await context(page, "76% full").waitFor();

      scene.upstream.script([text("In short: ", makeGate())]);
      // The narrow header has no room for the button.
      if (size === "phone") {
        await page.getByRole("button", { name: "More", exact: true }).click();
        await page.getByRole("menuitem", { name: "Summarize" }).click();
      } else await page.getByRole("button", { name: "Summarize" }).click();
      await page.getByTestId("summary").getByText("Summing up the conversation").waitFor();
      await page.getByTestId("summary").getByText("In short:").waitFor();
      await page.keyboard.press("Escape");
      await page.getByText("Summary stopped").waitFor();
      await page.getByTestId("receipt").getByText("while summing up").waitFor();
      expect(await scene.upstream.requests[1]!.ended).toBe("client");
      await context(page, "76% full").waitFor();

      scene.upstream.script([text("In short: **blue**."), usage(40_000, 2000)]);
      await send(page, "/compact");
      const card = page.getByTestId("summary").last();
      await card.getByText("The model sees a summary").waitFor();
      await context(page, "1%").waitFor();
      await page.getByText("Blue it is.").waitFor();
      await card.locator("summary").click();
      await card.locator("strong", { hasText: "blue" }).waitFor();

      await page.getByRole("button", { name: "Undo summary" }).click();
      await card.getByText("Summary undone").waitFor();
      await context(page, "76%").waitFor();
      await page.reload();
      await page.getByTestId("summary").last().getByText("Summary undone").waitFor();
      scene.upstream.script([text("Green.")]);
      await send(page, "And then?");
      await page.getByText("Green.").waitFor();
      expect(told(scene.upstream.requests[3])).toContain("Blue it is.");
      expect(told(scene.upstream.requests[3])).not.toContain("In short");
      expect(opened.errors).toEqual([]);
    });
  });

test("the compact command says why when there is nothing to summarise", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await send(page, "/compact");
  await page.getByText("There is nothing to summarize yet").waitFor();
  expect(opened.errors).toEqual([]);
});

/** The share of the model's context window that the next request would fill. */
function context(page: Page, share: string) {
  return page.getByTestId("context").getByText(share);
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(message);
  await page.getByTestId("send").click();
}
