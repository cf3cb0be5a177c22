/** The contents of the files that one request to a model carries: read from the disk, within what services accept. */
import { filesFor } from "../../shared/plain-history";
import type { FileRef, Message } from "../../shared/protocol";
import { type FileBounds, fileBounds, type ReadingModel } from "../../shared/file-bounds";
import { excessFiles, excessTexts, textRoom } from "../../shared/request-room";
import { maxTextCharacters, whyNotTaken } from "../../shared/taken-files";
import type { SentFile } from "../providers/provider";
import type { Attachments } from "./attachments";
import { inspectFile } from "./file-content";
import { fits } from "./scaled-picture";
import { sentText } from "./sent-text";

/** Where the contents are, and what is sent of large pictures. */
export type FileSource = Pick<Attachments, "read" | "pictures">;

export interface RequestReader extends ReadingModel {
  /** An engine has no tool that reads attachments. */
  isEngine?: boolean;
}

/**
 * What each file of the conversation is in a request, by its hash. Files that do not fit together are left out, the
 * oldest first. Throws the signal's reason.
 */
export async function readRequestFiles(
  attachments: FileSource,
  messages: Message[],
  reader: RequestReader,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SentFile>> {
  const sent = new Map<string, SentFile>();
  const taken: NamedFile[] = [];
  for (const file of namedFiles(messages, reader)) {
    const leftOut = whyNotTaken(file, reader);
    if (leftOut === undefined) taken.push(file);
    else sent.set(file.hash, { leftOut });
  }
  const to = fileBounds(reader);
  const hint = reader.isEngine ? "" : readHint;
  const texts = taken.filter(({ mediaType }) => mediaType === "text/plain");
  const shown = taken.filter(({ mediaType }) => mediaType !== "text/plain");
  const maxCharacters = textRoom(reader);
  const gone = [
    ...texts.splice(0, excessTexts(texts, reader)),
    ...shown.splice(0, await excessShown(attachments, shown, to, signal)),
  ];
  for (const { hash, mediaType } of gone)
    sent.set(hash, { leftOut: `${noRoom}${mediaType === "text/plain" ? hint : readAgain}` });
  for (const file of [...texts, ...shown])
    sent.set(file.hash, await readOne(attachments, file, { to, maxCharacters, hint }, signal));
  return sent;
}

const noRoom = "left out to keep the request small";
const readAgain = "; read it again if it is needed";
const readHint = ": read has it, with the path attachment:NAME";

/** How many of the oldest pictures and PDFs have no room. A picture counts as what is sent of it. */
async function excessShown(
  attachments: FileSource,
  shown: readonly NamedFile[],
  to: FileBounds,
  signal: AbortSignal,
): Promise<number> {
  const isPdf = ({ mediaType }: NamedFile) => mediaType === "application/pdf";
  const atMost = shown.map((file) =>
    isPdf(file) ? file : { ...file, bytes: Math.min(file.bytes, to.pictureBytes) },
  );
  if (excessFiles(atMost, to) === 0) return 0;
  const weighed = [];
  for (const file of shown)
    weighed.push(
      isPdf(file) ? file : { ...file, bytes: await sentBytes(attachments, file, to, signal) },
    );
  return excessFiles(weighed, to);
}

async function sentBytes(
  attachments: FileSource,
  file: NamedFile,
  to: FileBounds,
  signal: AbortSignal,
): Promise<number> {
  return attachments.pictures.sentBytes(file.hash, to, async () => {
    const sent = await readOne(attachments, file, { to, maxCharacters: 0, hint: "" }, signal);
    return "data" in sent ? (sent.data.length * 3) / 4 : 0;
  });
}

/** A file, and how often the conversation shows it. */
interface NamedFile extends FileRef {
  times: number;
}

async function readOne(
  attachments: FileSource,
  { hash, mediaType }: FileRef,
  { to, maxCharacters, hint }: { to: FileBounds; maxCharacters: number; hint: string },
  signal: AbortSignal,
): Promise<SentFile> {
  const bytes = await attachments.read(hash, signal);
  const found = bytes && inspectFile(bytes);
  if (bytes === undefined || found?.mediaType !== mediaType)
    return { leftOut: "it is no longer there" };
  if (mediaType === "text/plain")
    return { text: sentText(bytes, hint, Math.min(maxTextCharacters, maxCharacters)) };
  if (mediaType === "application/pdf" || fits(found, bytes.length, to))
    return { data: bytes.toString("base64") };
  const scaled = await attachments.pictures.scale(hash, bytes, found, to, signal);
  if ("failed" in scaled) return { leftOut: scaled.failed };
  return { data: Buffer.from(scaled.bytes).toString("base64"), mediaType: scaled.mediaType };
}

/** In the order in which each is named last. */
function namedFiles(messages: Message[], { provider }: ReadingModel): NamedFile[] {
  const files = new Map<string, NamedFile>();
  for (const file of filesFor(messages, provider)) {
    const times = (files.get(file.hash)?.times ?? 0) + 1;
    files.delete(file.hash);
    files.set(file.hash, { ...file, times });
  }
  return [...files.values()];
}
