/** The files that a message names are found where they were stored, before anything else happens. */
import { errorCode } from "../../shared/error-code";
import type { FileRef } from "../../shared/protocol";
import { FileRefusedError } from "../attachments/file-refused-error";
import { UploadStoppedError } from "../attachments/open-uploads";
import { bringFile } from "./cluster/bring-file";
import type { FileUse } from "./file-use";
import { httpError } from "./http-error";
import type { Services } from "./services";

/** Resolves with what is stored of each. Throws the HTTP error of one that is not there, or no longer, or of a disk that hangs. */
export async function findFiles(
  services: Pick<Services, "attachments" | "cluster">,
  named: Pick<FileRef, "hash" | "name">[],
  use: FileUse,
  maxMs = 10_000,
): Promise<FileRef[]> {
  const signal = AbortSignal.timeout(maxMs);
  const finding = named.map(async ({ hash, name }) => {
    const { attachments } = services;
    const found =
      (use.mayUse(hash) ? await attachments.find(hash, signal) : undefined) ??
      ((await bringFile(services, hash, use))
        ? await attachments.find(hash, AbortSignal.timeout(maxMs))
        : undefined);
    if (found === undefined) throw missing(name);
    return { name, ...found };
  });
  try {
    return await Promise.all(finding);
  } catch (error) {
    throw isTimeout(error) ? silentDisk() : uploadError(error);
  }
}

/** In the tick that accepts the message: they are there still. Throws the HTTP error of one that is gone. */
export function takeFiles({ attachments }: Services, files: FileRef[] = []): void {
  const gone = files.find(({ hash }) => !attachments.has(hash));
  if (gone !== undefined) throw missing(gone.name);
  attachments.markSent(files.map(({ hash }) => hash));
}

const refusedStatus = { size: 413, type: 415, room: 409 } as const;

const diskWords: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the disk is read-only",
  EIO: "the disk fails",
};

/** The HTTP error of a file that is refused, whose upload was stopped, or for which the disk has no room; of any other error that itself. */
export function uploadError(error: unknown): unknown {
  if (error instanceof UploadStoppedError) return httpError(409, "upload-stopped", error.message);
  if (error instanceof FileRefusedError) {
    const code = error.code === "room" ? "uploads-full" : error.code;
    return httpError(refusedStatus[error.code], code, error.message);
  }
  const words = diskWords[errorCode(error) ?? ""];
  if (words === undefined) return error;
  const message = `The file could not be kept: ${words}. Nothing of it stays. Check the disk of Rein’s data directory, then attach it again.`;
  return httpError(503, "storage", message);
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function silentDisk() {
  const message =
    "The disk with the attached files does not answer, so the message was not sent. Check the disk of Rein’s data directory, then send the message again.";
  return httpError(503, "storage", message);
}

function missing(name: string) {
  return httpError(400, "file", `The file “${name}” was not found. Attach it again.`);
}
