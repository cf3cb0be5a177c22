/** What axe finds wrong in the page as it stands: all rules in the theme that it has, contrast in the other one too. */
import type { RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const script = await Bun.file(Bun.resolveSync("axe-core/axe.min.js", import.meta.dir)).text();

// Nothing but the findings is worked out; a frame has no script that could answer.
const quick: RunOptions = { resultTypes: ["violations"], iframes: false, preload: false };
const all: RunOptions = {
  ...quick,
  // An accessible name such as “Stop (Esc)” need not contain the key symbol that the button shows.
  rules: { "label-content-name-mismatch": { enabled: false } },
};
/** The only rule whose result depends on the theme. */
const contrast: RunOptions = { ...quick, runOnly: ["color-contrast"] };

export type Theme = "light" | "dark";

/** A line for each finding; the page has the other theme afterwards. It wants reduced motion, for final colours. */
export async function axeFaults(page: Page): Promise<string[]> {
  const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  const [theme, other] = isDark ? (["dark", "light"] as const) : (["light", "dark"] as const);
  return [...(await axeFaultsIn(page, theme)), ...(await run(page, other, contrast))];
}

/** The same in one theme, which the page has from then on. */
export async function axeFaultsIn(page: Page, theme: Theme): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(script);
  return run(page, theme, all);
}

/**
 * Of the results, which are large, only the lines leave the page. The list of commands scrolls with the arrow keys of the
 * input, which refers to it; axe knows that of a combobox alone, and a textarea may not be one.
 */
async function run(page: Page, theme: Theme, options: RunOptions): Promise<string[]> {
  await page.emulateMedia({ colorScheme: theme });
  const lines = await page.evaluate<string[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.filter(({ html }) => !(id === "scrollable-region-focusable" && html.includes('id="completion"'))).map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)))`,
  );
  return lines.map((line) => `${theme} ${line}`);
}
