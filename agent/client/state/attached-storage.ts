/** What this window keeps of a session's attached files across a reload: those that are on the server, and the names of the others. */
import { type FileRef, mediaTypes } from "../../shared/protocol";
import { host } from "./host";
import { storeInWindow } from "./window-storage";

/** A file whose upload a reload has cut. */
export interface CutUpload {
  name: string;
  bytes: number;
}

export interface KeptFiles {
  stored: FileRef[];
  cut: CutUpload[];
}

export function keepFiles(name: string, { stored, cut }: KeptFiles): void {
  if (stored.length + cut.length === 0) host().windowStorage().removeItem(name);
  else storeInWindow(name, JSON.stringify([...stored, ...cut]));
}

/** What is damaged is passed over. */
export function keptFiles(name: string): KeptFiles {
  try {
    const kept: unknown = JSON.parse(host().windowStorage().getItem(name) ?? "[]");
    const all = Array.isArray(kept) ? kept.filter(isCutUpload) : [];
    return { stored: all.filter(isFileRef), cut: all.filter((one) => !("hash" in one)) };
  } catch (error) {
    console.warn("The attached files could not be restored:", error);
    return { stored: [], cut: [] };
  }
}

function isCutUpload(value: unknown): value is CutUpload {
  const { name, bytes } = { ...(value as Partial<CutUpload> | null) };
  return typeof name === "string" && typeof bytes === "number";
}

function isFileRef(value: CutUpload): value is FileRef {
  const { mediaType, hash } = value as Partial<FileRef>;
  return mediaTypes.some((type) => type === mediaType) && /^[0-9a-f]{64}$/.test(hash ?? "");
}
