/** `bun run screenshots [folder] [screen…]`: pictures of every screen, in four sizes, light and dark, one PNG each. */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { launchBrowser, openPage, screenSizes } from "./browser";
import { startRein } from "./rein";
import { anthropicOn } from "./scene";
import { screens } from "./screens";
import { startUpstream } from "./upstream/upstream";

const [folder = "screenshots", ...named] = process.argv.slice(2);
mkdirSync(resolve(folder), { recursive: true });
const browser = await launchBrowser();
try {
  for (const [size, options] of Object.entries(screenSizes)) await take(size, options);
} finally {
  await browser.close();
}
console.log(`The pictures are in ${resolve(folder)}.`);

/** A server for each size, so that all see the same sessions. */
async function take(size: string, options: (typeof screenSizes)[keyof typeof screenSizes]) {
  const upstream = startUpstream();
  await using rein = await startRein({ environment: anthropicOn(upstream) });
  await using opened = await openPage(browser, rein, { ...options, reducedMotion: "reduce" });
  const { page } = opened;
  for await (const name of screens({ page, rein, upstream })) {
    if (named.length > 0 && !named.includes(name)) continue;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`) });
    }
    await page.emulateMedia({ colorScheme: "light" });
  }
  await upstream.close();
}
