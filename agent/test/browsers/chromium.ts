/** Chromium, by the same means as the tests that use it alone, without what the oldest browsers of the page lack. */
import { launchBrowser } from "../browser";
import type { Engine } from "./driver";
import { hideNewer } from "./newer-features";

export async function launchChromium(): Promise<Engine> {
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript(hideNewer);
  return {
    name: "Chromium",
    version: `chromium ${browser.version()}`,
    async open() {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      return {
        goto: async (url) => void (await page.goto(url)),
        reload: async () => void (await page.reload()),
        evaluate: (call, argument) => page.evaluate(call as never, argument as never),
        click: (x, y) => page.mouse.click(x, y),
        press: (...keys) => page.keyboard.press(keys.join("+")),
        resize: (width, height) => page.setViewportSize({ width, height }),
        screenshot: () => page.screenshot(),
        errors,
      };
    },
    close: () => browser.close(),
  };
}
