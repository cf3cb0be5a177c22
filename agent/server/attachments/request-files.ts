/** The contents of the files that one request to a model carries: read from the disk, within what services accept. */
import { filesFor } from "../../shared/plain-history";
import type { FileRef, Message } from "../../shared/protocol";
import { type ReadingModel, isClaude, maxFileBytes, whyNotTaken } from "../../shared/taken-files";
import type { Attachments } from "./attachments";
import { inspectFile } from "./file-content";
import type { SentFile } from "../providers/provider";

/** With more, Claude takes none of over 2,000 pixels. */
const maxRequestFiles = 20;
/** What leaves a request for lack of room leaves in such steps: else each turn would begin anew, and nothing be cached. */
const stepBytes = maxFileBytes / 2;
const stepFiles = maxRequestFiles / 2;
/** In pixels. */
const maxClaudeSide = 8000;

/**
 * What each file of the conversation is in a request, by its hash. Files that do not fit together are left out, the
 * oldest first. Throws the signal's reason.
 */
export async function readRequestFiles(
  attachments: Pick<Attachments, "read">,
  messages: Message[],
  reader: ReadingModel,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SentFile>> {
  const sent = new Map<string, SentFile>();
  const taken: NamedFile[] = [];
  for (const file of namedFiles(messages, reader)) {
    const leftOut = whyNotTaken(file, reader);
    if (leftOut === undefined) taken.push(file);
    else sent.set(file.hash, { leftOut });
  }
  for (const { hash } of taken.splice(0, excess(taken)))
    sent.set(hash, {
      leftOut: "left out to keep the request small; read it again if it is needed",
    });
  for (const file of taken) sent.set(file.hash, await readOne(attachments, file, reader, signal));
  return sent;
}

/** A file, and how often the conversation shows it. */
interface NamedFile extends FileRef {
  times: number;
}

async function readOne(
  attachments: Pick<Attachments, "read">,
  { hash, mediaType }: FileRef,
  reader: ReadingModel,
  signal: AbortSignal,
): Promise<SentFile> {
  const bytes = await attachments.read(hash, signal);
  const found = bytes && inspectFile(bytes);
  if (bytes === undefined || found?.mediaType !== mediaType)
    return { leftOut: "it is no longer there" };
  const { width, height } = found.size ?? { width: 0, height: 0 };
  if (isClaude(reader) && Math.max(width, height) > maxClaudeSide)
    return { leftOut: `${width} × ${height} pixels are more than this model takes` };
  return { data: bytes.toString("base64") };
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

/** How many of the oldest have to go. */
function excess(files: NamedFile[]): number {
  const bytesOf = ({ bytes, times }: NamedFile) => bytes * times;
  const bytes = files.reduce((sum, file) => sum + bytesOf(file), 0);
  const count = files.reduce((sum, { times }) => sum + times, 0);
  const leastBytes = inSteps(bytes - maxFileBytes, stepBytes);
  const leastCount = inSteps(count - maxRequestFiles, stepFiles);
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
