/** All that is measured in a screen as it stands: axe, the names in the accessibility tree and, for a finger, sizes and places. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { nameFaults } from "./accessible-names";
import { axeFaults, axeFaultsIn } from "./axe";
import { fitFaults, narrowest, wider } from "./page-fit";
import { walkScreens } from "./screens/walk";

/** For a test that looks at every screen: about ninety seconds on two cores, and more on a busy machine. */
export const allScreensMs = 600_000;

/** A line for each fault. The page has the other theme afterwards. */
export async function screenFaults(page: Page, size: BrowserContextOptions): Promise<string[]> {
  return [
    ...(await axeFaults(page)),
    ...(await nameFaults(page)),
    ...(size.hasTouch ? await fitFaults(page) : []),
  ];
}

/**
 * Of the whole walk, without the screens that only vary an earlier one; the errors that the page logs come last. Each screen
 * in one theme, on a phone in the other one than on a desktop, and for a finger in two of the other sizes: all of them would
 * take twice as long, and `bun run screenshots` measures them.
 */
export async function faultyScreens(browser: Browser, size: BrowserContextOptions) {
  await using walk = await walkScreens(browser, size);
  const found: { name: string; faults: string[] }[] = [];
  let count = 0;
  for await (const { name, isVariant } of walk.screens) {
    if (isVariant) continue;
    const faults = await faultsInTurn(walk.page, size.hasTouch === true, count++);
    found.push({ name, faults });
  }
  found.push({ name: "log", faults: walk.errors() });
  return found.filter(({ faults }) => faults.length > 0);
}

async function faultsInTurn(page: Page, isTouch: boolean, turn: number): Promise<string[]> {
  const isDark = (turn % 2 === 0) === isTouch;
  const sizes = [narrowest, wider[turn % wider.length]!];
  return [
    ...(await axeFaultsIn(page, isDark ? "dark" : "light")),
    ...(await nameFaults(page)),
    ...(isTouch ? await fitFaults(page, sizes) : []),
  ];
}
