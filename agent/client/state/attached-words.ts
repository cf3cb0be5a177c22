/** What is said of one attached file, or of those of a folder together. */
import { plural } from "../../shared/plural";
import { sizeOf } from "../../shared/taken-files";
import { visibleString } from "../../shared/visible-text";
import { type AttachedFile, isOnItsWay } from "./attached-files";

export type AttachedState = "waiting" | "uploading" | "failed" | "stored";

/** "uploading" as long as one is on its way, "failed" when one is not attached. */
export function stateOf(files: readonly AttachedFile[]): AttachedState {
  const onWay = files.filter(isOnItsWay);
  if (onWay.length > 0)
    return files.every(({ sent, stored }) => sent === undefined && stored === undefined)
      ? "waiting"
      : "uploading";
  return files.some(({ error }) => error !== undefined) ? "failed" : "stored";
}

/** In per cent, and 100 only when all is on the server. */
export function progressOf(files: readonly AttachedFile[]): number {
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const sent = files.reduce((sum, file) => sum + (file.stored ? file.bytes : (file.sent ?? 0)), 0);
  if (all === 0 || stateOf(files) === "stored") return stateOf(files) === "stored" ? 100 : 0;
  return Math.min(99, Math.floor((sent / all) * 100));
}

/** Why not all of it is attached; undefined when it is, or may still be. */
export function problemOf(files: readonly AttachedFile[]): string | undefined {
  const [first, ...others] = files.filter(({ error }) => error !== undefined);
  if (first === undefined) return undefined;
  if (files.length === 1) return first.error;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  return `${first.name}${more} not attached: ${first.error}`;
}

/** How far it is, or its size. */
export function sizeWords(files: readonly AttachedFile[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const state = stateOf(files);
  if (files.length > 1) {
    const there = files.filter(({ stored }) => stored !== undefined).length;
    return state === "stored"
      ? `${plural(files.length, "file")}, ${sizeOf(bytes)}`
      : `${there} of ${plural(files.length, "file")}`;
  }
  if (state === "waiting") return `Waiting to upload ${sizeOf(bytes)}`;
  if (state === "uploading") return `${sizeOf(files[0]?.sent ?? 0)} of ${sizeOf(bytes)}`;
  return sizeOf(bytes);
}

/** For a screen reader, when a person has to know: when uploads begin, when all are there, and what failed. */
export function announcementOf(files: readonly AttachedFile[]): string {
  const failed = files.filter(({ error }) => error !== undefined);
  const name = files.length === 1 ? visibleString(files[0]!.name) : "Files";
  if (files.some(isOnItsWay)) return files.length === 1 ? `Uploading ${name}` : "Uploading files";
  const [first] = failed;
  if (first !== undefined)
    return failed.length === 1
      ? `${visibleString(first.name)} was not attached: ${first.error}`
      : `${plural(failed.length, "file")} were not attached`;
  if (files.length === 0) return "";
  return files.length === 1 ? `${name} is attached` : `${files.length} files are attached`;
}

/** What a message waits for. */
export function waitsForUploads(files: readonly AttachedFile[]): string {
  return `Waits for ${plural(files.filter(isOnItsWay).length, "upload")}`;
}
