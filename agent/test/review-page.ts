/** What tests of the side panel do in a repository and on the page. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { gitIn } from "./git-in";

/** With these files in its first commit. */
export function beginRepository(cwd: string, files: Record<string, string>): void {
  const git = gitIn(cwd);
  git("init", "-q", "-b", "main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.org");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  git("add", "-A");
  git("commit", "-q", "-m", "First");
}

export function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");
}

/** Opens the side panel at the changes of the working tree. */
export async function openTree(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Side panel" }).click();
  await page.getByRole("tab", { name: "Changes" }).click();
  await page.getByRole("radio", { name: "Working tree" }).check();
  await page.getByTestId("reviewed-file").first().waitFor();
}
