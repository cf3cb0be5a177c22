/** The files of the message that is being written: uploaded as they are added, kept per session, and given to the message whole. */
import { createSignal, type Accessor } from "solid-js";
import { type FileRef, mediaTypes } from "../../shared/protocol";
import { maxFileBytes, maxFiles, sizeOf } from "../../shared/taken-files";
import { api, logFailure, requestTimeout, wordsFor } from "./api-client";
import { host } from "./host";
import { storeInWindow } from "./window-storage";
import { newId } from "./random-id";

export interface AttachedFile {
  id: string;
  name: string;
  bytes: number;
  /** Once all of it is on the server. */
  stored?: FileRef;
  /** Why it could not be uploaded. */
  error?: string;
}

export interface AttachedFiles {
  files: Accessor<AttachedFile[]>;
  /** Begins to upload each; with `refusal` none, and it is why. */
  add(files: Iterable<File>, refusal?: string): void;
  /** Aborts its upload; what is on the server already is removed there. */
  remove(id: string): void;
  isUploading: Accessor<boolean>;
  /** Takes out those that are on the server, for a message; those that failed are dropped. */
  take(): FileRef[];
  /** Puts back those of a message that was not accepted. */
  giveBack(files: FileRef[]): void;
}

export function createAttachedFiles(sessionId: Accessor<string | undefined>): AttachedFiles {
  const name = () => `rein.files.${sessionId() ?? "new"}`;
  const [files, setFiles] = createSignal<AttachedFile[]>(storedIn(name()));
  const uploads = new Map<string, AbortController>();

  function set(next: AttachedFile[]): void {
    setFiles(next);
    const stored = next.flatMap((file) => file.stored ?? []);
    if (stored.length === 0) host().windowStorage().removeItem(name());
    else storeInWindow(name(), JSON.stringify(stored));
  }

  function change(id: string, patch: Partial<AttachedFile>): void {
    set(files().map((file) => (file.id === id ? { ...file, ...patch } : file)));
  }

  async function upload(file: File, id: string): Promise<void> {
    const controller = new AbortController();
    uploads.set(id, controller);
    try {
      const stored = await api.upload(file, undefined, controller.signal);
      change(id, { stored: { name: file.name, ...stored }, bytes: stored.bytes });
    } catch (error) {
      if (!controller.signal.aborted) change(id, { error: wordsFor(error) });
    } finally {
      uploads.delete(id);
    }
  }

  function add(added: Iterable<File>, refusal?: string): void {
    for (const file of added) {
      const id = newId();
      const shown = { id, name: file.name || "file", bytes: file.size };
      const error = refusal ?? refusalOf(file, files().length);
      set([...files(), error === undefined ? shown : { ...shown, error }]);
      if (error === undefined) void upload(file, id);
    }
  }

  function remove(id: string): void {
    const hash = files().find((file) => file.id === id)?.stored?.hash;
    uploads.get(id)?.abort();
    set(files().filter((file) => file.id !== id));
    const isElsewhere = files().some(({ stored }) => stored?.hash === hash);
    if (hash === undefined || isElsewhere) return;
    api.removeFile(hash, requestTimeout()).catch((error: unknown) => {
      logFailure("An attached file is left on the server until its next start", error);
    });
  }

  return {
    files,
    add,
    remove,
    isUploading: () => files().some(isOnItsWay),
    take() {
      const taken = files().flatMap(({ stored }) => stored ?? []);
      set(files().filter(isOnItsWay));
      return taken;
    },
    giveBack: (given) => set([...given.map(shownAs), ...files()]),
  };
}

export function isOnItsWay({ stored, error }: AttachedFile): boolean {
  return stored === undefined && error === undefined;
}

function refusalOf({ size }: File, attached: number): string | undefined {
  if (attached >= maxFiles) return `A message takes at most ${maxFiles} files.`;
  return size > maxFileBytes ? `It is larger than ${sizeOf(maxFileBytes)}.` : undefined;
}

export function shownAs(stored: FileRef): AttachedFile {
  return { id: newId(), name: stored.name, bytes: stored.bytes, stored };
}

/** Of before a reload: what was still being uploaded then is gone, and so is what is damaged. */
function storedIn(name: string): AttachedFile[] {
  try {
    const stored: unknown = JSON.parse(host().windowStorage().getItem(name) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isFileRef).map(shownAs) : [];
  } catch (error) {
    console.warn("The attached files could not be restored:", error);
    return [];
  }
}

function isFileRef(value: unknown): value is FileRef {
  const { name, mediaType, bytes, hash } = { ...(value as Partial<FileRef> | null) };
  return (
    typeof name === "string" &&
    typeof bytes === "number" &&
    mediaTypes.some((type) => type === mediaType) &&
    /^[0-9a-f]{64}$/.test(hash ?? "")
  );
}
