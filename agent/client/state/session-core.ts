/** What the parts of an open session share: its id, its state as far as this tab knows it, and the text in its input. */
import { createSignal, mergeProps } from "solid-js";
import { createStore } from "solid-js/store";
import { emptySession } from "../../shared/empty-session";
import type { Session, SessionPatch } from "../../shared/protocol";
import { createAttachedFiles } from "./attached-files";
import { createInputText } from "./input-text";
import { createLineComments } from "./line-comments";
import type { ListChanges } from "./list-changes";
import { type BeginningDefaults, begunWith } from "./project-defaults";
import { newId } from "./random-id";
import type { ModelsState } from "./model-list";
import type { Notices } from "./notice-store";
import type { Preferences } from "./preferences";
import type { SessionList } from "./session-list";
import type { StorageState } from "./storage-state";
import type { UndeliveredStops } from "./undelivered-stops";

/** "new": without an id. "missing": it was deleted, or never existed. */
export type SessionPhase = "new" | "loading" | "open" | "missing";

export type SessionCore = ReturnType<typeof createSessionCore>;

/** What the page gives to each of its open sessions. */
export interface PageParts {
  list: SessionList;
  models: ModelsState;
  notices: Notices;
  undelivered: UndeliveredStops;
  storage: StorageState;
  changes: ListChanges;
  preferences: Preferences;
  defaults: BeginningDefaults;
}

export function createSessionCore(
  initialId: string | undefined,
  { defaults }: Pick<PageParts, "defaults">,
) {
  const [id, setId] = createSignal(initialId);
  const [phase, setPhase] = createSignal<SessionPhase>(initialId === undefined ? "new" : "loading");
  const [session, setSession] = createStore<Session>(emptySession());
  /** The settings of a session that does not exist yet. */
  const [draft, setDraft] = createStore<SessionPatch>({});
  /** With what is set for its project, where nothing is chosen. */
  const beginning: SessionPatch = mergeProps(
    () => begunWith(defaults.of(), draft.engine !== undefined),
    draft,
  );
  const input = createInputText(id);
  let plannedId = newId();
  const comments = createLineComments(id);
  const attached = createAttachedFiles(id, () => id() ?? plannedId);

  /** A new session got its id: what was typed meanwhile is kept under that. */
  function setNewId(given: string): void {
    const typed = input.text();
    input.set("");
    comments.rename(() => attached.rename(() => setId(given)));
    input.set(typed);
  }

  return {
    id,
    setNewId,
    /** The id that a new session will have: its uploads name it. */
    plannedId: () => plannedId,
    /** The message was refused; there may be such a session all the same. */
    planAnotherId: () => void (plannedId = newId()),
    phase,
    setPhase,
    session,
    setSession,
    beginning,
    setDraft,
    input,
    comments,
    attached,
  };
}
