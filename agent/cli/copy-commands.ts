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

async function readFile(name: string): Promise<Blob> {
  const file = Bun.file(name);
  const stat = await file.stat().catch((error: unknown) => {
    const why = (error as Error).message;
    throw new CommandFailed(`The file cannot be read: ${terminalLine(why)}`, { cause: error });
  });
  if (!stat.isFile()) throw new UsageError(`“${terminalLine(name)}” is no file.`);
  if (stat.size > maxBytes) throw tooLong();
  return new Blob([await file.arrayBuffer()]);
}

async function readInput(): Promise<Blob> {
  if (process.stdin.isTTY)
    throw new UsageError("Name the file, or give it on standard input: rein import FILE");
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const piece of Bun.stdin.stream()) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLong();
    pieces.push(new Uint8Array(piece));
  }
  return new Blob(pieces);
}

function tooLong(): CommandFailed {
  return new CommandFailed("An import has at most 32 MB.");
}
