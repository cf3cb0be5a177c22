/** One process in the background: what it is, how it does, what it says, its pin and its stop. */
import { createSignal, createUniqueId, For, Show } from "solid-js";
import { isLiving } from "../../shared/apply";
import type { BackgroundProcess } from "../../shared/protocol";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { SmallStop } from "../components/StopButton";
import { tailOf } from "../conversation/tail";
import { duration } from "../state/format";
import type { ProcessActions } from "./actions";
import { Facts } from "./Facts";
import type { SeenProcess } from "./looks";
import { OutputView } from "./OutputView";
import { stateWords } from "./process-labels";

export interface ProcessRowProps {
  process: BackgroundProcess;
  seen: SeenProcess | undefined;
  actions: ProcessActions;
}

export function ProcessRow(props: ProcessRowProps) {
  const [isExpanded, setExpanded] = createSignal(false);
  const bodyId = createUniqueId();
  const isRunning = () => props.process.state === "running";
  const isStopping = () =>
    props.process.state === "stopping" || props.actions.isStopping(props.process.id);
  return (
    <section
      class="card process"
      data-testid="process"
      data-state={props.process.state}
      aria-label={props.process.command}
    >
      <div class="card-head">
        <button
          type="button"
          class="card-toggle"
          aria-expanded={isExpanded()}
          aria-controls={bodyId}
          title={isExpanded() ? "Hide its output" : "Show its output"}
          onClick={() => setExpanded(!isExpanded())}
        >
          <span class="process-turn" aria-hidden="true">
            <Icon name="chevron" />
          </span>
          <code class="card-subject">{props.process.command}</code>
        </button>
        <Show when={isRunning() || isStopping()}>
          <Pin {...props} />
          <SmallStop
            label={`Stop ${props.process.id}`}
            stopping={isStopping()}
            onStop={() => void props.actions.stop(props.process.id)}
          />
        </Show>
      </div>
      <div class="process-facts">
        <span class="process-state" data-state={props.process.state}>
          {stateWords(props.process)}
        </span>
        <Age process={props.process} />
        <Show when={props.process.pinned && isLiving(props.process)}>
          <span>pinned</span>
        </Show>
        <Show when={isLiving(props.process) && props.seen}>{(seen) => <Facts of={seen()} />}</Show>
      </div>
      <Show when={!isExpanded() && isRunning() && props.seen?.lastLine}>
        {(line) => <p class="process-line">{tailOf(line(), 1).text}</p>}
      </Show>
      <Survivors {...props} />
      <div id={bodyId}>
        <Show when={isExpanded()}>
          <OutputView process={props.process} />
        </Show>
      </div>
    </section>
  );
}

function Age(props: { process: BackgroundProcess }) {
  return (
    <Show when={props.process.endedAt} fallback={<Elapsed from={props.process.startedAt} />}>
      {(endedAt) => <span>after {duration(endedAt() - props.process.startedAt)}</span>}
    </Show>
  );
}

function Pin(props: ProcessRowProps) {
  const words = () =>
    props.process.pinned
      ? "Pinned: a stop of its run leaves it running"
      : "Pin: let it run on when its run is stopped";
  return (
    <button
      type="button"
      class="quiet icon-only pin"
      aria-label={`Pin ${props.process.id}`}
      aria-pressed={props.process.pinned}
      title={words()}
      onClick={() => props.actions.pin(props.process.id, !props.process.pinned)}
    >
      <Icon name="pin" />
    </button>
  );
}

function Survivors(props: ProcessRowProps) {
  return (
    <Show when={(props.process.survivors?.length ?? 0) > 0}>
      <div class="survivors" role="alert" data-testid="process-survivors">
        <ul>
          <For each={props.process.survivors}>
            {({ pid, command, reason }) => (
              <li>
                <code>
                  {pid} {command}
                </code>{" "}
                {reason}
              </li>
            )}
          </For>
        </ul>
        <button
          type="button"
          disabled={props.actions.isStopping(props.process.id)}
          onClick={() => void props.actions.stop(props.process.id)}
        >
          Try again
        </button>
      </div>
    </Show>
  );
}
