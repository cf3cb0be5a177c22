/** The keys that stop: Ctrl+C and Escape, by the same state as in the page. Ctrl+C exits when nothing runs. */
import { createSignal } from "solid-js";
import type { Client } from "../client/state/client";
import { bindKey } from "./terminal-keys";

export function bindStopKeys(client: Client, exit: () => void): void {
  const stage = () => client.current().stage();
  const isIdle = () => stage() === "idle" || stage() === "stopped";
  const [isLeaving, setLeaving] = createSignal(false);
  bindKey({
    key: "Ctrl+c",
    when: isIdle,
    run() {
      if (isLeaving()) return exit();
      setLeaving(true);
      client.notices.toast("Press Ctrl+C again to exit");
    },
  });
  for (const key of ["Escape", "Ctrl+c"]) {
    bindKey({ key, when: () => stage() === "running", run: () => client.current().stop() });
    bindKey({ key, when: () => stage() === "stopping", run: () => client.current().stopHard() });
  }
}
