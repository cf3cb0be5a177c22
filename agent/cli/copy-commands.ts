/** `rein export` and `rein import`: a session as a document, and as one again. */
import { terminalLine } from "../shared/terminal-safe";
import { path } from "../sdk/path";
import { findSession } from "./choose-session";
import { type Call, CommandFailed, UsageError } from "./command";
import { outputText, writeOutput } from "./standard-output";

const exportMs = 600_000;
/** As much as the server takes. */
const maxBytes = 32_000_000;

export async function exportSession(call: Call): Promise<number> {
  const [id] = call.positionals;
  if (id === undefined) throw new UsageError("Name the session: “rein sessions” lists them.");
  const { rein } = await call.connect("terminal");
  const session = await findSession(rein, id);
  const format = call.has("json") ? "json" : "markdown";
  const signal = AbortSignal.timeout(exportMs);
  const answer = await rein.download(
    path`/api/sessions/${session.id}/export?format=${format}`,
    signal,
  );
  await writeOutput(outputText(`${(await answer.text()).trimEnd()}\n`));
  return 0;
}

export async function importSession(call: Call): Promise<number> {
  const [file] = call.positionals;
  const content = file === undefined || file === "-" ? await readInput() : await readFile(file);
  const { rein } = await call.connect("terminal");
  const { session } = await rein.importSession(content, AbortSignal.timeout(exportMs));
  await writeOutput(`${session.id}  ${terminalLine(session.title)}\n`);
  return 0;
}

/** A pipe is read too, as of `rein import <(…)`. */
async function readFile(name: string): Promise<Blob> {
  try {
    return await readWhole(Bun.file(name).stream());
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const why = (error as Error).message;
    throw new CommandFailed(`The file cannot be read: ${terminalLine(why)}`, { cause: error });
  }
}

function readInput(): Promise<Blob> {
  if (process.stdin.isTTY)
    throw new UsageError("Name the file, or give it on standard input: rein import FILE");
  return readWhole(Bun.stdin.stream());
}

async function readWhole(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new CommandFailed("An import has at most 32 MB.");
    pieces.push(piece);
  }
  return new Blob(pieces);
}
