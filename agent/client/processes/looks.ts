/** What the system says of a session's living processes, asked again and again while somebody looks. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { ProcessLook } from "../../shared/protocol";
import { api, requestTimeout } from "../state/api-client";
import type { OpenSession } from "../state/open-session";

/** `cpuPercent` needs two looks: 100 is one processor, all the time between them. */
export type SeenProcess = ProcessLook & { cpuPercent?: number };

export interface Looks {
  /** Undefined until the first answer. */
  all: Accessor<SeenProcess[] | undefined>;
  /** The server did not answer the last time. */
  isStale: Accessor<boolean>;
}

const everyMs = 2000;

/** Looks at once, whenever the session's own list changes, and every two seconds, until the owner is disposed. */
export function createLooks(open: OpenSession): Looks {
  const [all, setAll] = createSignal<SeenProcess[]>();
  const [isStale, setStale] = createSignal(false);
  let last = { at: 0, cpu: new Map<string, number>() };
  let latest = 0;

  async function look(): Promise<void> {
    const turn = ++latest;
    const id = open.id();
    if (id === undefined || document.hidden) return;
    try {
      const { processes } = await api.processes(id, requestTimeout());
      // A slow answer must not take the place of a later one.
      if (turn === latest) take(processes);
    } catch {
      setStale(true);
    }
  }

  function take(processes: ProcessLook[]): void {
    const at = performance.now();
    const { at: lastAt, cpu } = last;
    const percentOf = ({ id, cpuMs }: ProcessLook): { cpuPercent?: number } => {
      const before = cpu.get(id);
      if (before === undefined) return {};
      return { cpuPercent: Math.max(0, ((cpuMs - before) / (at - lastAt)) * 100) };
    };
    setAll(processes.map((process) => ({ ...process, ...percentOf(process) })));
    last = { at, cpu: new Map(processes.map(({ id, cpuMs }) => [id, cpuMs])) };
    setStale(false);
  }

  const list = createMemo(() =>
    (open.session.processes ?? []).map(({ id, state }) => `${id} ${state}`).join(),
  );
  createEffect(on(list, () => void look()));
  const timer = setInterval(() => void look(), everyMs);
  onCleanup(() => clearInterval(timer));
  return { all, isStale };
}
