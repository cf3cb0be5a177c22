/** The contents of the files that one request to a model carries: read from the disk, within what services accept. */
import { filesFor } from "../../shared/plain-history";
import type { FileRef, Message } from "../../shared/protocol";
import { charactersPerToken } from "../../shared/estimate-tokens";
import {
  maxRequestBytes,
  maxTextCharacters,
  type ReadingModel,
  whyNotTaken,
} from "../../shared/taken-files";
import type { SentFile } from "../providers/provider";
import type { Attachments } from "./attachments";
import { inspectFile } from "./file-content";
import { boundsFor, fits, type PictureBounds, scalePicture } from "./scaled-picture";
import { sentText } from "./sent-text";

/** With more, Claude takes none of over 2,000 pixels. */
const maxRequestFiles = 20;
/** What leaves a request for lack of room leaves in such steps: else each turn would begin anew, and nothing be cached. */
const step = 1 / 2;
/** Of a model's window that all text files together take at most, and what they take where no window is known. */
const textShare = 1 / 2;
const unknownWindow = 200_000;

export interface RequestReader extends ReadingModel {
  contextTokens?: number | undefined;
  /** An engine has no tool that reads attachments. */
  isEngine?: boolean;
}

/**
 * What each file of the conversation is in a request, by its hash. Files that do not fit together are left out, the
 * oldest first. Throws the signal's reason.
 */
export async function readRequestFiles(
  attachments: Pick<Attachments, "read">,
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
  const to = boundsFor(reader);
  const hint = reader.isEngine ? "" : readHint;
  const texts = taken.filter(({ mediaType }) => mediaType === "text/plain");
  const shown = taken.filter(({ mediaType }) => mediaType !== "text/plain");
  const maxCharacters = (reader.contextTokens ?? unknownWindow) * charactersPerToken * textShare;
  const textOf = ({ bytes }: NamedFile) => Math.min(bytes, maxTextCharacters, maxCharacters);
  const gone = [
    ...texts.splice(0, excess(texts, textOf, { size: maxCharacters, count: Infinity })),
    ...shown.splice(
      0,
      excess(shown, (file) => sizeIn(file, to), { size: maxRequestBytes, count: maxRequestFiles }),
    ),
  ];
  for (const { hash, mediaType } of gone)
    sent.set(hash, {
      leftOut: mediaType === "text/plain" ? `left out to keep the request small${hint}` : leftOut,
    });
  for (const file of [...texts, ...shown])
    sent.set(file.hash, await readOne(attachments, file, { to, maxCharacters, hint }, signal));
  return sent;
}

const leftOut = "left out to keep the request small; read it again if it is needed";
const readHint = ": read has it, with the path attachment:NAME";

/** Before it is read: at most this much of it goes. */
function sizeIn({ mediaType, bytes }: NamedFile, to: PictureBounds): number {
  return mediaType === "application/pdf" ? bytes : Math.min(bytes, to.bytes);
}

/** A file, and how often the conversation shows it. */
interface NamedFile extends FileRef {
  times: number;
}

async function readOne(
  attachments: Pick<Attachments, "read">,
  { hash, mediaType }: FileRef,
  { to, maxCharacters, hint }: { to: PictureBounds; maxCharacters: number; hint: string },
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
  const scaled = await scalePicture(hash, bytes, found, to, signal);
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

/** How many of the oldest have to go, by what each takes. */
function excess(
  files: NamedFile[],
  sizeOf: (file: NamedFile) => number,
  most: { size: number; count: number },
): number {
  const bytesOf = (file: NamedFile) => sizeOf(file) * file.times;
  const bytes = files.reduce((sum, file) => sum + bytesOf(file), 0);
  const count = files.reduce((sum, { times }) => sum + times, 0);
  const leastBytes = inSteps(bytes - most.size, most.size * step);
  const leastCount = inSteps(count - most.count, most.count * step);
  let gone = { files: 0, bytes: 0, count: 0 };
  while (gone.files < files.length && (gone.bytes < leastBytes || gone.count < leastCount)) {
    const file = files[gone.files]!;
    gone = {
      files: gone.files + 1,
      bytes: gone.bytes + bytesOf(file),
      count: gone.count + file.times,
    };
  }
  return gone.files;
}

function inSteps(excess: number, step: number): number {
  return excess <= 0 ? 0 : Math.ceil(excess / step) * step;
}
