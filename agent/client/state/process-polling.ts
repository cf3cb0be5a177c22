/** Polls the server for the session's running processes while the panel is open. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { ProcessLook } from "../../shared/protocol";
import { api, requestTimeout } from "./api-client";
import { host } from "./host";
import type { OpenSession } from "./open-session";

/** `cpuPercent` needs two polls: 100 is one processor, fully used between them. */
export type PolledProcess = ProcessLook & { cpuPercent?: number };

export interface ProcessPolling {
  /** Undefined until the first answer. */
  all: Accessor<PolledProcess[] | undefined>;
  /** The last poll failed. */
  isStale: Accessor<boolean>;
}

const everyMs = 2000;

/** Polls at once, whenever the session's own list changes, and every two seconds, until the owner is disposed. */
export function createProcessPolling(open: OpenSession): ProcessPolling {
  const [all, setAll] = createSignal<PolledProcess[]>();
  const [isStale, setStale] = createSignal(false);
  let last = { at: 0, cpu: new Map<string, number>() };
  let latest = 0;

  async function poll(): Promise<void> {
    const turn = ++latest;
    const id = open.id();
    if (id === undefined || host().isHidden()) return;
    try {
      const { processes } = await api.processes(id, requestTimeout());
      // A slow answer must not replace a later one.
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
  createEffect(on(list, () => void poll()));
  const timer = setInterval(() => void poll(), everyMs);
  onCleanup(() => clearInterval(timer));
  return { all, isStale };
}
