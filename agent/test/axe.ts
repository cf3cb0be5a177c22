/** What axe finds wrong in the page as it stands: all rules in the light theme, contrast in the dark one too. */
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const script = await Bun.file(Bun.resolveSync("axe-core/axe.min.js", import.meta.dir)).text();

const themes: Record<"light" | "dark", RunOptions> = {
  // An accessible name such as “Stop (Esc)” need not contain the key symbol that the button shows.
  light: { rules: { "label-content-name-mismatch": { enabled: false } } },
  // The only rule whose result depends on the theme.
  dark: { runOnly: ["color-contrast"] },
};

/** A line for each finding; the page is in the light theme afterwards. It wants reduced motion, for final colours. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(script);
  const faults: string[] = [];
  for (const [colorScheme, options] of Object.entries(themes)) {
    await page.emulateMedia({ colorScheme: colorScheme as keyof typeof themes });
    const { violations } = await page.evaluate<AxeResults>(
      `axe.run(document, ${JSON.stringify(options)})`,
    );
    for (const { id, nodes } of violations)
      for (const { html, failureSummary } of nodes)
        faults.push(`${colorScheme} ${id}: ${html.slice(0, 200)} ${failureSummary}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  return faults;
}
