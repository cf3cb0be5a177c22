/** What the page tells a person outside the conversation: toasts, which disappear, and notices, which stay. */
import { createStore, produce } from "solid-js/store";
import { defined } from "../../shared/defined";

export interface Notice {
  /** At most one notice with an id is shown. */
  id: string;
  text: string;
  detail?: string;
  action?: { label: string; run(): void };
  /** What can be done besides. */
  others?: { label: string; run(): void }[];
  /** To another session. */
  link?: { label: string; sessionId: string };
  /** It tells what is still so: a person cannot dismiss it. */
  holds?: boolean;
}

export interface Notices {
  readonly list: { notice: Notice; lasting: boolean }[];
  /** Shown for a few seconds, with something to do for longer. One with the same id is replaced. */
  toast(text: string, detail?: string, id?: string, action?: Notice["action"]): void;
  /** Shown until it is dismissed. */
  keep(notice: Notice): void;
  dismiss(id: string): void;
  /** While true, toasts do not disappear: they are being read. Then each has its whole time again. */
  hold(isHeld: boolean): void;
}

const toastMs = 4000;
/** To read it, think, and reach the button. */
const actionMs = 15_000;
/** A slow reader's time for a character. */
const characterMs = 60;
const maxShown = 4;

export function createNotices(): Notices {
  const [list, setList] = createStore<{ notice: Notice; lasting: boolean }[]>([]);
  let count = 0;
  let isHeld = false;
  const timers = new Map<
    string,
    { ms: number; timer: ReturnType<typeof setTimeout> | undefined }
  >();

  function show(notice: Notice, lasting: boolean): void {
    dismiss(notice.id);
    setList(
      produce((all) => {
        all.push({ notice, lasting });
        const surplus = all.findIndex((entry) => !entry.lasting);
        if (all.length > maxShown && surplus !== -1) all.splice(surplus, 1);
      }),
    );
  }

  function dismiss(id: string): void {
    clearTimeout(timers.get(id)?.timer);
    timers.delete(id);
    setList((all) => all.filter((entry) => entry.notice.id !== id));
  }

  function toast(
    text: string,
    detail?: string,
    id = `toast-${count++}`,
    action?: Notice["action"],
  ): void {
    show({ id, text, ...defined({ detail, action }) }, false);
    const readMs = toastMs + characterMs * (text.length + (detail?.length ?? 0));
    timers.set(id, {
      ms: readMs + (action === undefined ? 0 : actionMs),
      timer: undefined,
    });
    if (!isHeld) start(id);
  }

  function start(id: string): void {
    const held = timers.get(id)!;
    held.timer = setTimeout(() => dismiss(id), held.ms);
  }

  function hold(now: boolean): void {
    isHeld = now;
    for (const [id, { timer }] of timers) {
      clearTimeout(timer);
      if (!now) start(id);
    }
  }

  return { list, toast, keep: (notice) => show(notice, true), dismiss, hold };
}
