/** Makes a session of an export: bounded, validated, and with nothing in it that could act. */
import type { Context } from "hono";
import { message as messageShape } from "../../shared/answers/message-shapes";
import { session as sessionShape } from "../../shared/answers/session-shapes";
import { defined } from "../../shared/defined";
import type { Session } from "../../shared/protocol";
import { truncate } from "../../shared/truncate";
import { JsonShape } from "../engines/parse-line";
import type { LiveSession } from "../session/live-session";
import { copiedSession } from "../session/copy-session";
import { ExportError, readExport, readMarkdown } from "../session/read-export";
import { readPieces } from "./body";
import { fileUse } from "./file-use";
import { httpError } from "./http-error";
import { withReadableFiles } from "./readable-files";
import { newSession } from "./new-session";
import type { Services } from "./services";
import { checkDirectory } from "./session-options";

const bounds = { maxBytes: 32_000_000, maxMs: 600_000, maxSilentMs: 60_000 };
const mostTitle = 200;

/** The session is there, whole, when this resolves, and not at all when it rejects. The signal cuts it at any moment. */
export async function importSession(
  services: Services,
  c: Context,
  owned: (session: Session) => Session,
): Promise<LiveSession> {
  const { signal } = c.req.raw;
  const { sessions, cwd: base } = services;
  sessions.refuseWhenFull();
  const exported = await read(c).catch((error: unknown) => {
    throw error instanceof ExportError ? httpError(400, "import", error.message) : error;
  });
  const source = await withReadableFiles(exported, services, fileUse(c, services), signal);
  // Its directory, where it is here too; its model, where its provider is known.
  const cwd = await checkDirectory(source.cwd === "" ? base : source.cwd, base).catch(() => base);
  const isKnown = source.engine === undefined && services.catalog.has(source.provider);
  const wanted = isKnown ? { provider: source.provider, model: source.model } : {};
  const fresh = await newSession(services, {}, { ...wanted, cwd: await checkDirectory(cwd, base) });
  const { provider, model } = fresh;
  const copy = copiedSession(source, {
    title: truncate(source.title.trim(), mostTitle) || "Imported session",
    titledBy: "person",
    cwd: fresh.cwd,
    provider,
    model,
    ...defined({ options: isKnown ? source.options : fresh.options }),
    permissions: source.permissions === "plan" ? "plan" : "ask",
    importedAt: Date.now(),
  });
  signal.throwIfAborted();
  return sessions.createWhole(owned(copy), signal);
}

async function read(c: Context): Promise<Session> {
  const { signal } = c.req.raw;
  const decoder = new TextDecoder();
  const shape = new JsonShape();
  let text = "";
  let isJson: boolean | undefined;
  for await (const piece of readPieces(c, bounds, signal)) {
    const more = decoder.decode(piece, { stream: true });
    text += more;
    const first = isJson ?? /\S/.exec(more)?.[0];
    if (typeof first === "string") isJson = first === "{";
    if (isJson !== false && !piece.every((byte) => shape.take(byte)))
      throw new ExportError("It holds more values than can be read.");
  }
  text += decoder.decode();
  if (isJson !== true) return readMarkdown(text);
  return readExport(parsed(text), { session: sessionShape, message: messageShape }, signal);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ExportError("This is no export of Rein: it is not valid JSON.");
  }
}
