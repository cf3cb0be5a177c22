/** All that is measured in a screen as it stands: axe, the names in the accessibility tree and, for a finger, sizes and places. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { nameFaults } from "./accessible-names";
import { axeFaults } from "./axe";
import { fitFaults } from "./page-fit";
import { walkScreens } from "./screens/walk";

/** A line for each fault. The page has the other theme afterwards. */
export async function screenFaults(page: Page, size: BrowserContextOptions): Promise<string[]> {
  return [
    ...(await axeFaults(page)),
    ...(await nameFaults(page)),
    ...(size.hasTouch ? await fitFaults(page) : []),
  ];
}

/** Of the whole walk, without the screens that only vary an earlier one; the errors that the page logs come last. */
export async function faultyScreens(browser: Browser, size: BrowserContextOptions) {
  await using walk = await walkScreens(browser, size);
  const found: { name: string; faults: string[] }[] = [];
  for await (const { name, isVariant } of walk.screens)
    if (!isVariant) found.push({ name, faults: await screenFaults(walk.page, size) });
  found.push({ name: "log", faults: walk.errors() });
  return found.filter(({ faults }) => faults.length > 0);
}
