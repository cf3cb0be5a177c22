/** Facts about a running process: pid, CPU, memory, and links to the ports that it listens on. */
import { For } from "solid-js";
import type { PolledProcess } from "./process-polling";
import { factsOf } from "./process-labels";

export function ProcessFacts(props: { of: PolledProcess }) {
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
