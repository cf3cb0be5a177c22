/** Files that are chosen, pasted into the message field, or dropped anywhere on the page, are attached to the message. */
import { type Accessor, createSignal, onCleanup, onMount } from "solid-js";
import { maxFiles } from "../../shared/taken-files";
import { visibleString } from "../../shared/visible-text";
import { t, tn } from "../../shared/translation";
import { wordsFor } from "../state/api-client";
import type { AttachedFiles, BroughtFile } from "../state/attached-files";
import type { Notices } from "../state/notice-store";
import type { FolderFiles } from "./folder-files";

export interface FileIntake {
  /** Files are being dragged over the page. */
  isOver: Accessor<boolean>;
  onPaste: (event: ClipboardEvent) => void;
  chooseFiles: (files: Iterable<File>) => void;
  chooseFolder: (files: Iterable<File>) => void;
}

export interface FileIntakeOptions {
  attached: AttachedFiles;
  notices: Notices;
  /** Whoever looks at it may send nothing. */
  isOff: Accessor<boolean>;
}

/** In characters. A longer text that is pasted becomes a file of the message. */
const longText = 20_000;

/** Until its owner is disposed. A drop never makes the browser leave the page for the file. */
export function createFileIntake({ attached, notices, isOff }: FileIntakeOptions): FileIntake {
  const room = () => Math.max(0, maxFiles - attached.files().length);

  function bring(files: readonly BroughtFile[], leftOut: string[] = []): void {
    if (isOff()) return;
    const taken = files.slice(0, room());
    attached.add(taken);
    const over = files.length - taken.length;
    if (over > 0)
      leftOut.push(
        tn(
          over,
          "{count} file, as a message takes at most {max} files",
          "{count} files, as a message takes at most {max} files",
          { max: maxFiles },
        ),
      );
    if (leftOut.length > 0)
      notices.toast(
        t("Not everything is attached"),
        t("Left out: {files}", { files: visibleString(leftOut.join(", ")) }),
      );
  }

  /** What reads them is no part of the first page’s script. */
  async function bringFolders(
    read: (reader: typeof import("./folder-files")) => FolderFiles | Promise<FolderFiles>,
  ): Promise<void> {
    try {
      const { files, leftOut } = await read(await import("./folder-files"));
      bring(files, leftOut);
      if (files.length + leftOut.length === 0) notices.toast(t("The folder is empty"));
    } catch (error) {
      notices.toast(t("The folder could not be read"), wordsFor(error));
    }
  }

  /** Asked at once: after the event there is nothing in it any more. */
  function take(data: DataTransfer): void {
    const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
    if (!entries.some(({ isDirectory }) => isDirectory))
      return bring([...data.files].map(broughtFrom));
    void bringFolders(({ readEntries }) => readEntries(entries, room()));
  }

  const isOver = listenForDrops(take);
  return {
    isOver: () => isOver() && !isOff(),
    onPaste(event) {
      const data = event.clipboardData;
      if (data === null) return;
      const text = data.getData("text/plain");
      // Word processors add a picture of the text that is pasted.
      const isText = text !== "" && data.types.some((type) => /^text\/(html|rtf)$/.test(type));
      if (data.files.length > 0 && !isText) take(data);
      else if (text.length > longText) bring([pastedText(text)]);
      else return;
      event.preventDefault();
    },
    chooseFiles: (files) => bring([...files].map(broughtFrom)),
    chooseFolder(files) {
      // The field is emptied at once.
      const chosen = [...files];
      void bringFolders(({ filterChosen }) => filterChosen(chosen, room()));
    },
  };
}

function broughtFrom(file: File): BroughtFile {
  return { name: file.name, content: file };
}

function pastedText(text: string): BroughtFile {
  return { name: "pasted text.txt", content: new Blob([text]), isPasted: true };
}

/** Returns whether files are being dragged over the page. */
function listenForDrops(onDrop: (data: DataTransfer) => void): Accessor<boolean> {
  const [isOver, setIsOver] = createSignal(false);
  let entered: EventTarget | null = null;
  const bound: [string, (event: DragEvent) => unknown][] = [
    ["dragover", (event) => isTaken(event, true)],
    ["dragenter", ({ target }) => (entered = target)],
    [
      "dragleave",
      ({ target }) => {
        // Another element is entered before one is left. (WebKit names no relatedTarget.)
        if (target === entered) setIsOver(false);
      },
    ],
    [
      "drop",
      (event) => {
        if (isTaken(event, false) && event.dataTransfer) onDrop(event.dataTransfer);
      },
    ],
  ];

  function isTaken(event: DragEvent, over: boolean): boolean {
    const holdsFiles = event.dataTransfer?.types.includes("Files") ?? false;
    if (holdsFiles) event.preventDefault();
    setIsOver(over && holdsFiles);
    return holdsFiles;
  }

  onMount(() => {
    for (const [name, run] of bound) window.addEventListener(name as "drop", run);
  });
  onCleanup(() => {
    for (const [name, run] of bound) window.removeEventListener(name as "drop", run);
  });
  return isOver;
}
