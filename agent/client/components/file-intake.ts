/** Files that are pasted into the message field, or dropped anywhere on the page, are attached to the message. */
import { type Accessor, createSignal, onCleanup, onMount } from "solid-js";

export interface FileIntake {
  /** Files are being dragged over the page. */
  isOver: Accessor<boolean>;
  onPaste: (event: ClipboardEvent) => void;
}

/** `add`: called with what comes, until its owner is disposed. A drop never makes the browser leave the page for the file. */
export function createFileIntake(add: (files: Iterable<File>) => void): FileIntake {
  const [isOver, setIsOver] = createSignal(false);
  let entered: EventTarget | null = null;
  const bound: [string, (event: DragEvent) => unknown][] = [
    ["dragover", (event) => take(event, true)],
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
        if (take(event, false)) add(event.dataTransfer?.files ?? []);
      },
    ],
  ];

  function take(event: DragEvent, over: boolean): boolean {
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

  return {
    isOver,
    onPaste(event) {
      const { files, types } = event.clipboardData ?? {};
      // Word processors add a picture of the text that is pasted.
      if (!files || files.length === 0 || types?.includes("text/plain")) return;
      event.preventDefault();
      add(files);
    },
  };
}
