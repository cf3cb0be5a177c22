/** In a real Chromium: what failed in the middle is continued visibly, and a person ends a wait. */
import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { desktop, phone } from "./browser";
import { browserScene } from "./scene";
import { failure, hang, makeGate, text, toolCall } from "./upstream/upstream";

const scene = browserScene();
const shots = process.env.REIN_SHOTS;

test("a failure in the middle, a refused conversation and a silence are shown, and the buttons end each wait", async () => {
  await using opened = await scene.open();
  const { page } = opened;
  await scene.rein.json("/api/limits", { method: "PUT", body: '{"stallMinutes":0.01}' });
  const slow = failure("rate-limit", { headers: { "retry-after": "600" } });
  scene.upstream.script([text("The answer "), failure("overloaded")], [slow]);
  await send(page, "Do it");
  const mark = page.getByTestId("interruption");
  await mark.filter({ hasText: "cut off: Anthropic is overloaded" }).waitFor();
  await page.getByTestId("retry").getByText("The rate limit of Anthropic").waitFor();
  expect(await mark.textContent()).toContain("Continued below.");
  await shoot(page, "countdown");
  const gate = makeGate();
  scene.upstream.script([text("is forty-two.", gate), hang]);
  await page.getByRole("button", { name: "Try now" }).click();
  const question = page.getByTestId("stall-question");
  await question.waitFor();
  await shoot(page, "stall");
  scene.upstream.script([text("That is all.")]);
  await question.getByRole("button", { name: "Ask again" }).click();
  await page.getByText("That is all.").waitFor();
  await question.waitFor({ state: "detached" });
  expect(scene.upstream.requests.length).toBe(4);

  const refused = failure("invalid-request", { message: "messages.1: not to my liking" });
  const call = toolCall("glob", { pattern: "*" });
  scene.upstream.script([call], [refused], [text("Plainly said.")]);
  await send(page, "And now?");
  await page.getByText("Plainly said.").waitFor();
  const plain = page.getByTestId("refusal");
  expect(await plain.textContent()).toContain("not to my liking");
  await shoot(page, "plain");
  expect(opened.errors).toEqual([]);
});

/** For people who look at the page: REIN_SHOTS names a directory. */
async function shoot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  for (const [size, viewport] of Object.entries({ phone, desktop }))
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: `${shots}/${name}-${size}-${colorScheme}.png` });
    }
}

async function send(page: Page, message: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(message);
  await page.keyboard.press("Enter");
}
