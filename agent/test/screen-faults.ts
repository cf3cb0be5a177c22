/** All that is measured in a screen as it stands: axe, the names in the accessibility tree and, for a finger, sizes and places. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { nameFaults } from "./accessible-names";
import { axeFaults } from "./axe";
import { fitFaults } from "./page-fit";

/** A line for each fault. The page has the other theme afterwards. */
export async function screenFaults(page: Page, size: BrowserContextOptions): Promise<string[]> {
  return [
    ...(await axeFaults(page)),
    ...(await nameFaults(page)),
    ...(size.hasTouch ? await fitFaults(page) : []),
  ];
}
