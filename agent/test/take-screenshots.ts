/**
 * `bun run screenshots [folder] [screen…]`: a picture of every screen in four sizes, light and dark. It is a check too:
 * prints what axe, the accessibility tree and the measured sizes find in each and what the page logs as an error, and
 * exits with 1 when there is any.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { launchBrowser, screenSizes } from "./browser";
import { screenFaults } from "./screen-faults";
import { walkScreens } from "./screens/walk";

const [folder = "screenshots", ...named] = process.argv.slice(2);
mkdirSync(resolve(folder), { recursive: true });
const browser = await launchBrowser();
const faults: string[] = [];
for (const [size, options] of Object.entries(screenSizes)) {
  await using walk = await walkScreens(browser, options);
  const { page } = walk;
  for await (const { name } of walk.screens) {
    if (named.length > 0 && !named.includes(name)) continue;
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
    for (const fault of await screenFaults(page, options)) report(`${name}, ${size}: ${fault}`);
  }
  for (const error of walk.errors()) report(`${size}: ${error}`);
}
await browser.close();
console.log(`The pictures are in ${resolve(folder)}; ${faults.length} faults.`);
process.exitCode = faults.length === 0 ? 0 : 1;

function report(fault: string): void {
  faults.push(fault);
  console.log(fault);
}
