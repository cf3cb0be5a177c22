/** What one request to a model has room for: the page says before sending what may be left out, the server when it sends. */
import { charactersPerToken } from "./estimate-tokens";
import { fileBounds, type FileBounds, type ReadingModel } from "./file-bounds";
import type { FileRef } from "./protocol";
import { isPicture, maxTextCharacters, whyNotTaken } from "./taken-files";
import { t } from "./translation";

/** What counts of a file. `times`: how often the conversation shows it. */
export interface WeighedFile {
  bytes: number;
  pages?: number | undefined;
  times: number;
}

/** What leaves a request for lack of room leaves in such steps: else each turn would begin anew, and nothing be cached. */
const step = 1 / 2;
/** Of a model's window that all text files together take at most, and what they take where no window is known. */
const textShare = 1 / 2;
const unknownWindow = 200_000;

/** Of all text files of a request, in characters. */
export function textRoom({ contextTokens }: ReadingModel): number {
  return (contextTokens ?? unknownWindow) * charactersPerToken * textShare;
}

/** How many of the oldest pictures and PDFs have to go, so that the others have room. */
export function excessFiles(files: readonly WeighedFile[], bounds: FileBounds): number {
  const { requestBytes, requestFiles, requestPages } = bounds;
  return Math.max(
    oldestBeyond(files, ({ bytes }) => bytes, requestBytes),
    oldestBeyond(files, () => 1, requestFiles),
    oldestBeyond(files, ({ pages = 0 }) => pages, requestPages),
  );
}

/** How many of the oldest texts have to go. */
export function excessTexts(files: readonly WeighedFile[], reader: ReadingModel): number {
  const room = textRoom(reader);
  return oldestBeyond(files, ({ bytes }) => Math.min(bytes, maxTextCharacters, room), room);
}

function oldestBeyond(
  files: readonly WeighedFile[],
  sizeOf: (file: WeighedFile) => number,
  bound: number,
): number {
  const sizes = files.map((file) => sizeOf(file) * file.times);
  const excess = sizes.reduce((sum, size) => sum + size, 0) - bound;
  if (excess <= 0) return 0;
  const least = Math.ceil(excess / (bound * step)) * bound * step;
  let gone = 0;
  for (let freed = 0; gone < sizes.length && freed < least; gone++) freed += sizes[gone]!;
  return gone;
}

/** Those of a message that may have no room, by their hashes, each with what becomes of it, as a sentence. */
export function crowdedOut(
  files: readonly FileRef[],
  reader: ReadingModel,
): ReadonlyMap<string, string> {
  const bounds = fileBounds(reader);
  const taken = files.filter((file) => whyNotTaken(file, reader) === undefined);
  const texts = taken.filter(({ mediaType }) => mediaType === "text/plain");
  const shown = taken.filter(({ mediaType }) => mediaType !== "text/plain");
  const weighed = shown.map((file) => ({ ...file, times: 1, bytes: likelyBytes(file, bounds) }));
  const once = texts.map(({ bytes }) => ({ bytes, times: 1 }));
  return new Map([
    ...shown.slice(0, excessFiles(weighed, bounds)).map(({ hash }) => [hash, onlyNamed()] as const),
    ...texts.slice(0, excessTexts(once, reader)).map(({ hash }) => [hash, onlyRead()] as const),
  ]);
}

const onlyNamed = () =>
  t("With those behind it, it may not fit into one request: then the model is only told the name.");
const onlyRead = () =>
  t("With those behind it, it does not fit into one request: the model has to read it.");

/** A large picture is scaled down; a photo then has about a fifth of a byte a pixel. */
function likelyBytes(file: FileRef, { pictureBytes, pictureSide }: FileBounds): number {
  return isPicture(file) ? Math.min(file.bytes, pictureBytes, pictureSide ** 2 / 5) : file.bytes;
}
