/** What is said of one attached file, or of those of a folder together. */
import { sizeOf } from "../../shared/taken-files";
import { visibleString } from "../../shared/visible-text";
import { type AttachedFile, isOnItsWay } from "./attached-files";
import { t, tn } from "../../shared/translation";

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
  const values = { name: first.name, error: first.error ?? "" };
  return others.length === 0
    ? t("{name} not attached: {error}", values)
    : t("{name} and {count} more not attached: {error}", { ...values, count: others.length });
}

/** How far it is, or its size. */
export function sizeWords(files: readonly AttachedFile[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const state = stateOf(files);
  if (files.length > 1) {
    const there = files.filter(({ stored }) => stored !== undefined).length;
    const { length } = files;
    return state === "stored"
      ? tn(length, "{count} file, {size}", "{count} files, {size}", { size: sizeOf(bytes) })
      : tn(length, "{there} of {count} file", "{there} of {count} files", { there });
  }
  if (state === "waiting") return t("Waiting to upload {size}", { size: sizeOf(bytes) });
  if (state === "uploading")
    return t("{done} of {all}", { done: sizeOf(files[0]?.sent ?? 0), all: sizeOf(bytes) });
  return sizeOf(bytes);
}

/** For a screen reader, when a person has to know: when uploads begin, when all are there, and what failed. */
export function announcementOf(files: readonly AttachedFile[]): string {
  const failed = files.filter(({ error }) => error !== undefined);
  const only = files.length === 1 ? visibleString(files[0]!.name) : undefined;
  if (files.some(isOnItsWay))
    return only === undefined ? t("Uploading files") : t("Uploading {name}", { name: only });
  const [first] = failed;
  if (first !== undefined)
    return failed.length === 1
      ? t("{name} was not attached: {error}", {
          name: visibleString(first.name),
          error: first.error ?? "",
        })
      : tn(failed.length, "{count} file was not attached", "{count} files were not attached");
  if (files.length === 0) return "";
  return only === undefined
    ? tn(files.length, "{count} file is attached", "{count} files are attached")
    : t("{name} is attached", { name: only });
}

/** What a message waits for. */
export function waitsForUploads(files: readonly AttachedFile[]): string {
  return tn(
    files.filter(isOnItsWay).length,
    "Waits for {count} upload",
    "Waits for {count} uploads",
  );
}
