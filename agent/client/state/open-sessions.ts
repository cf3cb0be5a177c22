/** The sessions that this tab has open: the one on screen, and those that were left while a stream of theirs is needed. */
import { type Accessor, createRoot, createSignal, onCleanup } from "solid-js";
import { createOpenSession, type OpenSession } from "./open-session";
import type { Route } from "./route";
import type { PageParts } from "./session-core";

export interface OpenSessions {
  current: Accessor<OpenSession>;
  /** Shows the session with this id, or a new one. */
  show: (id: string | undefined) => void;
  /** The ids of those whose runs the server stops when this window is closed. */
  endingWithWindow: () => string[];
}

export function createOpenSessions(route: Route, page: PageParts): OpenSessions {
  const disposers = new Map<OpenSession, () => void>();
  const [current, setCurrent] = createSignal(openOne(route.sessionId()));
  current().enter();
  onCleanup(() => disposers.forEach((dispose) => dispose()));

  function openOne(id: string | undefined): OpenSession {
    return createRoot((dispose) => {
      const open = createOpenSession(id, page, onNamed);
      disposers.set(open, dispose);
      return open;
    });
  }

  function onNamed(open: OpenSession, id: string): void {
    if (open === current()) route.rename(id);
  }

  function show(id: string | undefined): void {
    const left = current();
    if (id !== undefined && left.id() === id) return;
    void drop(left);
    const known = [...disposers.keys()].find((open) =>
      id === undefined ? isUploadingNew(open) : open.id() === id,
    );
    const next = known ?? openOne(id);
    setCurrent(next);
    next.enter();
  }

  /** A new session that was left while files of its first message were on their way. */
  function isUploadingNew(open: OpenSession): boolean {
    return open.phase() === "new" && open.outgoing() === undefined && open.attached.isUploading();
  }

  async function drop(left: OpenSession): Promise<void> {
    await left.leave();
    if (current() === left) return;
    disposers.get(left)?.();
    disposers.delete(left);
  }

  function endingWithWindow(): string[] {
    return [...disposers.keys()]
      .filter((open) => open.endsWithWindow())
      .flatMap((o) => o.id() ?? []);
  }

  return { current, show, endingWithWindow };
}
