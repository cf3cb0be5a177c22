/** `rein shutdown`. */
import { ApiError } from "../sdk/create-rein";
import { plural } from "../shared/plural";
import { isDataDirHeld } from "../server/store/data-dir-lock";
import { type Call, CommandFailed } from "./command";
import { writeOutput } from "./standard-output";

const answerMs = 10_000;
/** An orderly end takes three seconds at the most. */
const endMs = 15_000;
const pollMs = 25;

export async function shutDown(call: Call): Promise<number> {
  // Of any version of Rein: an update ends the server of the version before.
  const connection = await call.find("terminal", true);
  if (connection === undefined) return say("No server runs.");
  const { rein, dataDir, url } = connection;
  let unsaved = 0;
  try {
    ({ unsaved = 0 } = await rein.shutDown(AbortSignal.timeout(answerMs)));
  } catch (error) {
    // It can be gone before its answer has arrived.
    if (!(error instanceof ApiError && error.status === 0)) throw error;
  }
  const over = (words: string) => {
    if (unsaved === 0) return say(words);
    throw new CommandFailed(
      `${words} ${plural(unsaved, "session")} could not be saved: what was new is lost.`,
    );
  };
  if (dataDir === undefined) return over(`The server at ${url} is ending.`);
  for (const until = performance.now() + endMs; isDataDirHeld(dataDir); await Bun.sleep(pollMs))
    if (performance.now() > until)
      throw new CommandFailed(`The server at ${url} has not ended within ${endMs / 1000} seconds.`);
  return over(`The server at ${url} has ended.`);
}

async function say(words: string): Promise<number> {
  await writeOutput(`${words}\n`);
  return 0;
}
