/** Opens the terminal face in a directory, with what the command line has chosen. */
import type { Rein } from "../sdk/create-rein";
import { defined } from "../shared/defined";
import { openTerminal } from "../terminal/open-terminal";
import type { NoScreen, ServerPlace } from "../terminal/terminal-options";
import type { Chosen } from "./ask-flags";
import { callersDirectory } from "./called-from";
import { answerMs, type Call, UsageError } from "./command";
import type { Connection } from "./connect";

/** Resolves with the exit code. The face keeps what is its own in `dataDir`. Throws UsageError for what it cannot take. */
export async function openScreen(
  { rein, url, credential, node, dataDir: ownDataDir }: Connection,
  { sessionId, limits, engine, cwd, model, provider, permissions }: Chosen,
  { dataDir, connect, find, isRemote }: Pick<Call, "dataDir" | "connect" | "find" | "isRemote">,
): Promise<number | NoScreen> {
  if (limits !== undefined)
    throw new UsageError(
      "Limits are for one message here; those of every run are in the settings.",
    );
  const chosen = defined({ model, provider, permissions });
  if (sessionId !== undefined && Object.keys(chosen).length > 0)
    await rein.patchSession(sessionId, chosen, AbortSignal.timeout(answerMs));
  return openTerminal({
    url,
    token: credential,
    node,
    cwd: cwd ?? (isRemote ? await serversDirectory(rein) : callersDirectory()),
    dataDir,
    // One that was named is for others to start.
    ...(ownDataDir !== undefined && {
      ownServer: {
        find: async () => {
          const found = await find("terminal");
          return found && placeOf(found);
        },
        start: async (say) => placeOf(await connect("terminal", say)),
      },
    }),
    ...(sessionId === undefined
      ? { chosen: { ...chosen, ...(engine !== undefined && { engine: { id: engine } }) } }
      : { sessionId }),
  });
}

/** Of a server elsewhere: this machine's directories mean nothing there. */
async function serversDirectory(rein: Rein): Promise<string> {
  return (await rein.directoryFiles({ limit: 1 }, AbortSignal.timeout(answerMs))).cwd;
}

function placeOf({ url, credential }: Connection): ServerPlace {
  return { url, token: credential };
}
