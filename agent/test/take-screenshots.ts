/** `bun run screenshots [folder] [screen…]`: a picture of every screen in four sizes, light and dark, and what axe finds in it. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { axeFaults } from "./axe";
import { launchBrowser, screenSizes } from "./browser";
import { walkScreens } from "./screens";

const [folder = "screenshots", ...named] = process.argv.slice(2);
mkdirSync(resolve(folder), { recursive: true });
const browser = await launchBrowser();
for (const [size, options] of Object.entries(screenSizes)) {
  await using walk = await walkScreens(browser, options);
  const { page } = walk;
  for await (const name of walk.screens) {
    if (named.length > 0 && !named.includes(name)) continue;
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
    for (const fault of await axeFaults(page)) console.log(`${name}, ${size}: ${fault}`);
  }
  for (const error of walk.errors) console.log(`${size}: ${error}`);
}
await browser.close();
console.log(`The pictures are in ${resolve(folder)}.`);
