/** Which messages of a long session are drawn: the newest, and more of them as the reader scrolls up or looks for one. */
import { type Accessor, createEffect, createMemo, createSignal, on } from "solid-js";
import type { OpenSession } from "../../client/state/open-session";
import type { KeptPlace } from "./keep-place";

/** How many are drawn at first, and how many more at a time. */
const pageSize = 40;

/** How many are left out at a time: the time that takes grows with them, and what stands below is laid out anew. */
const stepSize = 8;

/** The index of the first one that is drawn. */
export function createMessageWindow(
  open: OpenSession,
  place: Accessor<KeptPlace | undefined>,
  wantedId: Accessor<string | undefined>,
): Accessor<number> {
  const { session, branch } = open;
  /** Undefined while the reader is at the end: then the oldest are left out as new ones come. */
  const [firstId, setFirstId] = createSignal<string>();
  const newest = () => {
    const surplus = branch.messages().length - pageSize;
    return surplus <= 0 ? 0 : Math.floor(surplus / stepSize) * stepSize;
  };
  const start = createMemo(() => {
    const id = firstId();
    const index = id === undefined ? -1 : branch.messages().findIndex((one) => one.id === id);
    return index === -1 ? newest() : index;
  });

  function pin(index: number): void {
    setFirstId(branch.messages()[Math.max(0, index)]?.id);
  }

  async function extend(): Promise<void> {
    if (start() > 0) return pin(start() - pageSize);
    if (!session.earlier) return;
    const first = branch.messages()[0]?.id;
    await open.loadEarlier();
    const index = branch.messages().findIndex((one) => one.id === first);
    if (index > 0) pin(index - pageSize);
  }

  createEffect(
    on(wantedId, (id) => {
      const index = branch.messages().findIndex((one) => one.id === id);
      if (index !== -1 && index < start()) pin(index);
    }),
  );
  createEffect(
    on(
      () => place()?.isAtEnd(),
      (isAtEnd) => (isAtEnd === false ? pin(start()) : setFirstId(undefined)),
      { defer: true },
    ),
  );
  createEffect(
    on(
      () => place()?.position(),
      (position) => {
        if (position === undefined) return;
        const { top, height, viewport } = position;
        // What does not fill the viewport cannot be scrolled.
        const isReadUp = place()?.isAtEnd() === false || height <= viewport;
        if (isReadUp && top < viewport) void extend();
      },
      { defer: true },
    ),
  );
  return start;
}
