/** `rein shutdown`. */
import { ApiError } from "../sdk/create-rein";
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
  let unsaved: string | undefined;
  try {
    ({ unsaved } = await rein.shutDown(AbortSignal.timeout(answerMs)));
  } catch (error) {
    // It can be gone before its answer has arrived.
    if (!(error instanceof ApiError && error.status === 0)) throw error;
  }
  if (dataDir === undefined) return say(`The server at ${url} is ending.`);
  for (const until = performance.now() + endMs; isDataDirHeld(dataDir); await Bun.sleep(pollMs))
    if (performance.now() > until)
      throw new CommandFailed(`The server at ${url} has not ended within ${endMs / 1000} seconds.`);
  if (unsaved !== undefined) throw new CommandFailed(lostWords(url, unsaved));
  return say(`The server at ${url} has ended.`);
}

function lostWords(url: string, unsaved: string): string {
  return `The server at ${url} has ended without having saved all of its conversations. It had said: ${unsaved}`;
}

async function say(words: string): Promise<number> {
  await writeOutput(`${words}\n`);
  return 0;
}
