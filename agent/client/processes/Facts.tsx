/** What the system says of a living process: pid, processor, memory, and the ports it listens on. */
import { For } from "solid-js";
import type { SeenProcess } from "./looks";
import { factsOf } from "./process-labels";

export function Facts(props: { of: SeenProcess }) {
  return (
    <>
      <For each={factsOf(props.of)}>{(fact) => <span>{fact}</span>}</For>
      <For each={props.of.ports}>
        {(port) => (
          <a href={`http://${location.hostname}:${port}/`} target="_blank" rel="noreferrer">
            port {port}
          </a>
        )}
      </For>
    </>
  );
}
