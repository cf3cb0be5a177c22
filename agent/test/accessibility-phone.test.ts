/** The page is accessible on a phone: for a screen reader, in either theme, for a finger, and on smaller and larger screens. */
import { expect, test } from "bun:test";
import { launchBrowser, screenSizes } from "./browser";
import { allScreensMs, faultyScreens } from "./screen-faults";

test(
  "on a phone axe finds no violation in any screen, light and dark, the accessibility tree tells every control from the others, each is 44 pixels large for a finger, and no screen is too narrow",
  async () => {
    await using browser = await launchBrowser();
    expect(await faultyScreens(browser, screenSizes.phone)).toEqual([]);
  },
  allScreensMs,
);
