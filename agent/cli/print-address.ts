/** `rein web`. */
import { answerMs, type Call, CommandFailed } from "./command";
import { openBrowser } from "./open-browser";
import { writeOutput } from "./standard-output";

export async function printAddress(call: Call): Promise<number> {
  const { rein, url } = await call.connect("terminal");
  const { token } = await rein.newSignInToken(AbortSignal.timeout(answerMs));
  const address = `${url}/#token=${token}`;
  await writeOutput(`${address}\n`);
  process.stderr.write("It signs one browser in, within an hour.\n");
  const build = await pageBuildAt(url);
  if (build === "failed")
    throw new CommandFailed("The page has not been built: the address says why, and what to do.");
  if (build === "running") process.stderr.write("The page is being built; it opens after that.\n");
  if (call.has("open")) await openBrowser(address, call.dataDir);
  return 0;
}

/** As a browser is told: what does not answer so has a page. */
async function pageBuildAt(url: string): Promise<"failed" | "running" | undefined> {
  const signal = AbortSignal.timeout(answerMs);
  try {
    const { status, headers } = await fetch(url, { headers: { Accept: "text/html" }, signal });
    if (status !== 503) return undefined;
    return headers.has("Retry-After") ? "running" : "failed";
  } catch {
    return undefined; // the address is known, and a browser says what is wrong with the page
  }
}
