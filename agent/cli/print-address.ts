/** `rein web`. */
import { answerMs, type Call } from "./command";
import { openBrowser } from "./open-browser";
import { writeOutput } from "./standard-output";

export async function printAddress(call: Call): Promise<number> {
  const { rein, url } = await call.connect("terminal");
  const { token } = await rein.newSignInToken(AbortSignal.timeout(answerMs));
  const address = `${url}/#token=${token}`;
  await writeOutput(`${address}\n`);
  process.stderr.write("It signs one browser in, within an hour.\n");
  if (call.has("open")) await openBrowser(address, call.dataDir);
  return 0;
}
