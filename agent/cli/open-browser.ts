/** Opens an address in the browser of this machine. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CommandFailed } from "./command";

/** Throws CommandFailed when this machine has no program for it, or that fails. */
export async function openBrowser(address: string, dataDir: string): Promise<void> {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  if (Bun.which(program) === null)
    throw new CommandFailed(`${program} is not installed: open the address above in a browser.`);
  // A command line can be read by every user of the machine, so the program gets the path of a page that leads there.
  const page = join(dataDir, "open.html");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(page, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">`, {
    mode: 0o600,
  });
  const child = Bun.spawn([program, pathToFileURL(page).href], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  if ((await child.exited) !== 0)
    throw new CommandFailed(`${program} failed: open the address above in a browser.`);
}
