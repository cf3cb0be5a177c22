/** A text of the server that a person edits: what is typed outlives the sheet and a reload, and what another window has saved is not written over. */
import { type Accessor, createMemo, createSignal } from "solid-js";
import { host } from "./host";
import { storeInWindow } from "./window-storage";

export interface SavedText {
  text: string;
  digest: string;
}

export interface EditedText {
  text: Accessor<string>;
  type: (text: string) => void;
  /** It differs from what is saved. */
  isEdited: Accessor<boolean>;
  /** What is saved has changed since it was edited. */
  isStale: Accessor<boolean>;
  /** Of what the edit was made to: a change names it. */
  digest: Accessor<string>;
  /** The edit is given up. */
  takeSaved: () => void;
  /** The edit is made to what is saved now. */
  keepMine: () => void;
}

/** `name`: of what it is kept under in this window. `saved`: undefined while it is not known. */
export function createEditedText(
  name: Accessor<string>,
  saved: Accessor<SavedText | undefined>,
): EditedText {
  const [edits, setEdits] = createSignal<Readonly<Record<string, SavedText>>>({});
  const edit = createMemo(() => edits()[name()] ?? kept(name()));
  const isEdited = () => {
    const own = edit();
    return own !== undefined && own.text !== saved()?.text;
  };
  const digest = () => (isEdited() ? (edit()?.digest ?? "") : (saved()?.digest ?? ""));

  function keep(next: SavedText | undefined): void {
    const { [name()]: _before, ...others } = edits();
    // First: without an edit here, the one in the storage counts.
    if (next === undefined) host().windowStorage().removeItem(name());
    else storeInWindow(name(), JSON.stringify(next));
    setEdits(next === undefined ? others : { ...others, [name()]: next });
  }

  return {
    text: () => (isEdited() ? edit()?.text : saved()?.text) ?? "",
    type(text) {
      const before = saved();
      if (before !== undefined) keep(text === before.text ? undefined : { text, digest: digest() });
    },
    isEdited,
    isStale: () => isEdited() && saved() !== undefined && edit()?.digest !== saved()?.digest,
    digest,
    takeSaved: () => keep(undefined),
    keepMine() {
      const own = edit();
      if (own !== undefined) keep({ text: own.text, digest: saved()?.digest ?? "" });
    },
  };
}

/** Another version may have written something else. */
function kept(name: string): SavedText | undefined {
  try {
    const found: unknown = JSON.parse(host().windowStorage().getItem(name) ?? "null");
    return isSavedText(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isSavedText(found: unknown): found is SavedText {
  return (
    typeof found === "object" &&
    found !== null &&
    "text" in found &&
    "digest" in found &&
    typeof found.text === "string" &&
    typeof found.digest === "string"
  );
}
