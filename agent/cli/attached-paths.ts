/** `--attach`: files of this machine, uploaded before the message that brings them. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { ApiError, type Rein } from "../sdk/create-rein";
import { defined } from "../shared/defined";
import { errorCode } from "../shared/error-code";
import type { FileRef } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { maxFileBytes, maxFiles, sizeOf } from "../shared/taken-files";
import { terminalText } from "../shared/terminal-safe";
import { callersPath } from "./called-from";
import { answerMs, UsageError } from "./command";
import { onStopSignals } from "./stop-signals";

/** Throws UsageError for what cannot be attached, before anything is sent. Returns them as absolute paths. */
export async function checkPaths(named: readonly string[]): Promise<string[]> {
  if (named.length > maxFiles)
    throw new UsageError(`A message takes at most ${maxFiles} files; ${named.length} are named.`);
  return Promise.all(named.map(checkPath));
}

async function checkPath(named: string): Promise<string> {
  const path = callersPath(named);
  const refuse = (why: string) => new UsageError(`--attach ${named}: ${why}`);
  const found = await stat(path).catch((error: unknown) => {
    throw refuse(errorCode(error) === "ENOENT" ? "there is no such file." : String(error));
  });
  if (found.isDirectory()) throw refuse("it is a folder; name its files.");
  if (!found.isFile()) throw refuse("it is no regular file.");
  if (found.size > maxFileBytes) throw refuse(`it is larger than ${sizeOf(maxFileBytes)}.`);
  return path;
}

/**
 * The request with the files. Undefined when a stop came first: nothing of them stays. Throws an ApiError for one that the
 * server refuses. A new session gets its id here, so that a stop of it cancels the uploads.
 */
export async function withFiles(
  rein: Pick<Rein, "upload" | "removeFile" | "models" | "engines" | "session">,
  request: ChatRequest,
  paths: readonly string[],
): Promise<ChatRequest | undefined> {
  if (paths.length === 0) return request;
  const { sessionId, newSessionId = crypto.randomUUID() } = request;
  const stop = new AbortController();
  using _signals = onStopSignals(stop, () => {});
  const files: FileRef[] = [];
  try {
    for (const path of paths) {
      const how = { sessionId: sessionId ?? newSessionId };
      const name = basename(path);
      const stored = await rein.upload(Bun.file(path), how, stop.signal).catch((error: unknown) => {
        throw error instanceof ApiError ? naming(name, error) : error;
      });
      files.push({ ...stored, name });
    }
    for (const line of await notTaken(rein, request, files, stop.signal))
      process.stderr.write(`${terminalText(line)}\n`);
  } catch (error) {
    // What a session names stays.
    for (const { hash } of files) await rein.removeFile(hash, AbortSignal.timeout(answerMs));
    const isStopped = error instanceof ApiError && error.code === "upload-stopped";
    if (stop.signal.aborted || isStopped) return undefined;
    throw error;
  }
  const named = files.map(({ hash, name }) => ({ hash, name }));
  return { ...request, files: named, ...(sessionId === undefined && { newSessionId }) };
}

/** The same with the name of the file. */
function naming(name: string, { status, code, message }: ApiError): ApiError {
  return new ApiError(status, code, `${name}: ${message}`);
}

/** What the model or engine cannot be given of them, a sentence each: it is only told their names. */
async function notTaken(
  rein: Pick<Rein, "models" | "engines" | "session">,
  { sessionId, engine, provider, model }: ChatRequest,
  files: readonly FileRef[],
  signal: AbortSignal,
): Promise<string[]> {
  const [{ chosenBy }, { refusalWords }] = await Promise.all([
    import("../client/state/engine-list"),
    import("../client/state/refused-files"),
  ]);
  const named = defined({ provider, model });
  const chosen =
    sessionId === undefined
      ? chosenBy({ ...defined({ engine }), ...named })
      : { ...(await rein.session(sessionId, signal)).session, ...named };
  const [models, engines] = await Promise.all([
    rein.models(signal),
    chosen.engine && rein.engines(signal),
  ]);
  return files.flatMap((file) => {
    const words = refusalWords(file, models, engines, chosen);
    return words === undefined ? [] : [`${file.name}: ${words}`];
  });
}
