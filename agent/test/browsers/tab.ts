/** A page in any engine, as a person sees it: things are found by test id, role and name, or text, and waited for. */
import { untilAsync } from "../within";
import type { Driver } from "./driver";
import { collectErrors, find, type Found, type Target } from "./in-page";

export class Tab {
  constructor(readonly driver: Driver) {}

  async goto(url: string): Promise<void> {
    await this.driver.goto(url);
    await this.driver.evaluate(collectErrors, null);
  }

  async reload(): Promise<void> {
    const earlier = await this.errors();
    await this.driver.reload();
    await this.driver.evaluate(collectErrors, null);
    this.driver.errors.push(...earlier);
  }

  /** What the page threw or logged as an error, from just after it loaded, and what the browser reports beside that. */
  async errors(): Promise<string[]> {
    const ofPage = await this.driver.evaluate(() => globalThis.pageErrors ?? [], null);
    return [...new Set([...this.driver.errors, ...ofPage])];
  }

  url(): Promise<string> {
    return this.driver.evaluate(() => location.href, null);
  }

  /** Resolves with its text once it can be seen. */
  async see(target: Target): Promise<string> {
    let found: Found | undefined;
    await untilAsync(async () => {
      found = await this.driver.evaluate(find, target);
      return found !== undefined;
    }, JSON.stringify(target));
    return found!.text;
  }

  /** The same, while the browser goes from page to page by itself. */
  async arriveAt(target: Target): Promise<void> {
    await untilAsync(
      async () =>
        // What is left meanwhile answers no more.
        (await this.driver.evaluate(find, target).catch(() => undefined)) !== undefined,
      JSON.stringify(target),
    );
  }

  /** Resolves once nothing like it can be seen. */
  async seeNo(target: Target): Promise<void> {
    await untilAsync(
      async () => (await this.driver.evaluate(find, target)) === undefined,
      `no ${JSON.stringify(target)}`,
    );
  }

  /** Clicks it once it stands still and nothing covers it; again, as a person would, where it has moved away just then. */
  async click(target: Target): Promise<void> {
    let before: Found | undefined;
    await untilAsync(async () => {
      const found = await this.driver.evaluate(find, target);
      const isStill = found?.isReachable && found.x === before?.x && found.y === before?.y;
      before = found;
      if (found === undefined || !isStill) return false;
      await this.driver.click(found.x, found.y);
      // A page that the click has led away from does not answer.
      return !(await this.driver
        .evaluate(() => globalThis.hasMissed === true, null)
        .catch(() => false));
    }, JSON.stringify(target));
  }

  /** Presses keys together: "Escape", "Control+.". */
  press(keys: string): Promise<void> {
    return this.driver.press(...keys.split("+"));
  }

  /** Clicks the field and types into it, key by key. */
  async type(target: Target, words: string): Promise<void> {
    await this.click(target);
    for (const letter of words) await this.driver.press(letter);
  }
}
