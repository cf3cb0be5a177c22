/** Copies text, on plain http too, where browsers offer scripts no clipboard; and says for a moment whether it did. */
import { type Accessor, createSignal, onCleanup } from "solid-js";

export interface Copying {
  state: Accessor<"ready" | "copied" | "refused">;
  copy: (text: string) => Promise<void>;
}

const toldMs = 1500;

export function createCopying(): Copying {
  const [state, setState] = createSignal<"ready" | "copied" | "refused">("ready");
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));

  async function copy(text: string): Promise<void> {
    setState((await copyText(text)) ? "copied" : "refused");
    clearTimeout(timer);
    timer = setTimeout(() => setState("ready"), toldMs);
  }

  return { state, copy };
}

/** Resolves with whether the browser took it. */
export async function copyText(text: string): Promise<boolean> {
  if (!("clipboard" in navigator)) return copySelected(text);
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => copySelected(text),
  );
}

/** What the person has selected stays selected. The event carries the text exactly; WebKit sends it only where something is selected. */
function copySelected(text: string): boolean {
  const selection = getSelection();
  const before = selection?.rangeCount ? selection.getRangeAt(0) : undefined;
  const place = document.createElement("span");
  place.textContent = "-";
  place.style.cssText = "position:fixed;opacity:0;user-select:text";
  let isCopied = false;
  const onCopy = (event: ClipboardEvent) => {
    event.stopPropagation();
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
    isCopied = event.clipboardData !== null;
  };
  // What lies outside of an open modal dialog cannot be selected.
  (document.querySelector("dialog:modal") ?? document.body).append(place);
  selection?.selectAllChildren(place);
  window.addEventListener("copy", onCopy, { capture: true });
  // Deprecated, and the only way on plain http.
  const isDone = document.execCommand("copy");
  window.removeEventListener("copy", onCopy, { capture: true });
  place.remove();
  selection?.removeAllRanges();
  if (before !== undefined) selection?.addRange(before);
  return isDone && isCopied;
}
