/** The files of the message that is being written: uploaded as they are added, kept per session, and given to the message whole. */
import { createSignal, type Accessor } from "solid-js";
import type { FileRef } from "../../shared/protocol";
import { maxFileBytes, maxFiles, sizeOf } from "../../shared/taken-files";
import { api, ApiError, logFailure, requestTimeout, wordsFor } from "./api-client";
import { type CutUpload, keepFiles, keptFiles } from "./attached-storage";
import { newId } from "./random-id";
import { dropWaitingUploads, inUploadSlot, UploadDroppedError } from "./upload-slots";
import { t } from "../../shared/translation";

/** A file that a person brings. `name`: of one in a folder, its path from there, with slashes. */
export interface BroughtFile {
  name: string;
  content: Blob;
  /** It is a long text that was pasted. */
  isPasted?: boolean;
}

export interface AttachedFile {
  id: string;
  name: string;
  bytes: number;
  /** Bytes that have gone out; absent while it waits for its turn. */
  sent?: number;
  /** Once all of it is on the server. */
  stored?: FileRef;
  /** Why it is not on the server. */
  error?: string;
  /** Its content is still here: it can be uploaded again. */
  brought?: BroughtFile | undefined;
  /** A reload has cut its upload. */
  isCut?: true;
}

export interface AttachedFiles {
  files: Accessor<AttachedFile[]>;
  /** Begins to upload each. */
  add(files: Iterable<BroughtFile>): void;
  /** Aborts their uploads; what is on the server already is removed there. */
  remove(ids: readonly string[]): void;
  /** Uploads again those that failed and whose content is still here. */
  tryAgain(ids: readonly string[]): void;
  /** A stop: aborts all uploads, in this moment. They stay as files to be tried again. Returns how many it were. */
  stop(): number;
  isUploading: Accessor<boolean>;
  /** Resolves when none is uploaded any more. */
  settled(): Promise<void>;
  /** Takes out those that are on the server, for a message. */
  take(): FileRef[];
  /** Puts back those of a message that was not accepted. */
  giveBack(files: FileRef[]): void;
  /** The session has got its id: what is kept is kept under that. */
  rename(run: () => void): void;
}

const stoppedWords = () => t("Cancelled by the stop.");

/** `uploadId`: the id of the session for the server; of a new one, the id that it will get. */
export function createAttachedFiles(
  sessionId: Accessor<string | undefined>,
  uploadId: () => string,
): AttachedFiles {
  const name = () => `rein.files.${sessionId() ?? "new"}`;
  const [files, setFiles] = createSignal<AttachedFile[]>(restored(name()));
  const uploads = new Map<string, AbortController>();
  let onSettled: (() => void)[] = [];

  function set(next: AttachedFile[]): void {
    setFiles(next);
    keepFiles(name(), {
      stored: next.flatMap((file) => file.stored ?? []),
      cut: next.filter((file) => isOnItsWay(file) || file.isCut),
    });
  }

  function change(id: string, patch: Partial<AttachedFile>): void {
    const next = files().map((file) => (file.id === id ? { ...file, ...patch } : file));
    // How far it is need not be kept.
    if (Object.keys(patch).join() === "sent") setFiles(next);
    else set(next);
  }

  async function upload(id: string, { name: fileName, content }: BroughtFile): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    uploads.set(id, controller);
    try {
      const sessionId = uploadId();
      const stored = await inUploadSlot(
        sessionId,
        () => {
          change(id, { sent: 0 });
          const onProgress = (sent: number) => {
            if (!signal.aborted) change(id, { sent: Math.min(sent, content.size) });
          };
          return api.upload(content, { sessionId, onProgress }, signal).catch((error: unknown) => {
            // Before the next one has its turn: the stop means those that wait too.
            if (isStop(error)) dropWaitingUploads(sessionId);
            throw error;
          });
        },
        signal,
      );
      if (!signal.aborted)
        change(id, { stored: { name: fileName, ...stored }, bytes: stored.bytes });
    } catch (error) {
      if (!signal.aborted) onFailed(id, error);
    } finally {
      if (uploads.get(id) === controller) uploads.delete(id);
      settle();
    }
  }

  function onFailed(id: string, error: unknown): void {
    const code = error instanceof ApiError ? error.code : undefined;
    // The same content would be refused again.
    const isFinal = code === "type" || code === "size";
    change(id, {
      error: isStop(error) ? stoppedWords() : wordsFor(error),
      ...(isFinal && { brought: undefined }),
    });
  }

  function settle(): void {
    if (uploads.size > 0) return;
    for (const run of onSettled) run();
    onSettled = [];
  }

  function add(added: Iterable<BroughtFile>): void {
    for (const brought of added) {
      const error = refusalOf(brought.content, files().length);
      const file = { id: newId(), name: brought.name || "file", bytes: brought.content.size };
      set([...files(), error === undefined ? { ...file, brought } : { ...file, error }]);
      if (error === undefined) void upload(file.id, { ...brought, name: file.name });
    }
  }

  function tryAgain(ids: readonly string[]): void {
    for (const { id, brought, error } of files()) {
      if (!ids.includes(id) || brought === undefined || error === undefined) continue;
      set(files().map((file) => (file.id === id ? afresh(file) : file)));
      void upload(id, brought);
    }
  }

  function abort(id: string): void {
    uploads.get(id)?.abort();
    uploads.delete(id);
  }

  function stop(): number {
    const stopped = files().filter(isOnItsWay);
    for (const { id } of stopped) abort(id);
    if (stopped.length > 0)
      set(files().map((file) => (isOnItsWay(file) ? { ...file, error: stoppedWords() } : file)));
    return stopped.length;
  }

  function remove(ids: readonly string[]): void {
    const removed = files().filter(({ id }) => ids.includes(id));
    for (const { id } of removed) abort(id);
    set(files().filter(({ id }) => !ids.includes(id)));
    for (const hash of removed.flatMap(({ stored }) => stored?.hash ?? [])) {
      api.removeFile(hash, requestTimeout()).catch((error: unknown) => {
        logFailure("An attached file is left on the server until its next start", error);
      });
    }
  }

  return {
    files,
    add,
    remove,
    tryAgain,
    stop,
    isUploading: () => files().some(isOnItsWay),
    settled: () =>
      uploads.size === 0 ? Promise.resolve() : new Promise((resolve) => onSettled.push(resolve)),
    take() {
      const taken = files().flatMap(({ stored }) => stored ?? []);
      set(files().filter(({ stored }) => stored === undefined));
      return taken;
    },
    giveBack: (given) => set([...given.map(shownAs), ...files()]),
    rename(run) {
      keepFiles(name(), { stored: [], cut: [] });
      run();
      set(files());
    },
  };
}

export function isOnItsWay({ stored, error }: AttachedFile): boolean {
  return stored === undefined && error === undefined;
}

function afresh({ id, name, bytes, brought }: AttachedFile): AttachedFile {
  return { id, name, bytes, ...(brought && { brought }) };
}

function isStop(error: unknown): boolean {
  const isOnServer = error instanceof ApiError && error.code === "upload-stopped";
  return isOnServer || error instanceof UploadDroppedError;
}

function refusalOf({ size }: Blob, attached: number): string | undefined {
  if (attached >= maxFiles) return t("A message takes at most {count} files.", { count: maxFiles });
  return size > maxFileBytes
    ? t("It is larger than {size}.", { size: sizeOf(maxFileBytes) })
    : undefined;
}

export function shownAs(stored: FileRef): AttachedFile {
  return { id: newId(), name: stored.name, bytes: stored.bytes, stored };
}

function restored(name: string): AttachedFile[] {
  const { stored, cut } = keptFiles(name);
  return [...stored.map(shownAs), ...cut.map(cutOff)];
}

function cutOff({ name, bytes }: CutUpload): AttachedFile {
  const error = t("It was being uploaded when the page was reloaded. Attach it again.");
  return { id: newId(), name, bytes, error, isCut: true };
}
