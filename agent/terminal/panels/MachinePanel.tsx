/** @jsxImportSource @opentui/solid */
/** The machines of a cluster: how each one is, and on which a new session works. */
import { createMemo, onMount } from "solid-js";
import { plural } from "../../shared/plural";
import type { ClusterNode } from "../../shared/protocol";
import { reasonWords } from "../../shared/sentences";
import { windowNode } from "../../client/state/asked-node";
import { useClient } from "../../client/state/client";
import { awayWords, chooseMachine, machineOf } from "../../client/state/cluster-state";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function MachinePanel(props: PanelProps) {
  const client = useClient();
  const isNew = () => props.open.id() === undefined;
  const own = () => machineOf(client.list, props.open.id());
  onMount(() => void client.cluster.refresh());

  const lines = createMemo(() =>
    client.cluster.nodes().map((node): Line => ({
      id: node.name,
      text: node.name,
      side: sideOf(node),
      mark: markOf(node),
      words: reasonWords(node) ?? `${node.address} · Rein ${node.version}`,
    })),
  );

  function markOf({ name, state }: ClusterNode): NonNullable<Line["mark"]> {
    const isAway = state === "away";
    const text = name === own() ? "✓" : isAway ? "!" : " ";
    return { text, color: isAway ? "warning" : "good" };
  }

  function choose({ id }: Line): void {
    if (!isNew())
      return client.notices.toast("A session stays on its machine: /new begins another session");
    const away = client.cluster.away(id);
    if (away !== undefined) return client.notices.toast(awayWords(away));
    if (id !== windowNode()) chooseMachine(props.open, id);
    props.close();
  }

  return (
    <PanelFrame
      title="Machine"
      hints={isNew() ? ["Enter chooses"] : ["A session stays on its machine"]}
      close={props.close}
    >
      <ChoiceList lines={lines()} first={own()} empty="" choose={choose} />
    </PanelFrame>
  );
}

function sideOf({ state, sessions, running }: ClusterNode): string {
  const counts = `${plural(sessions, "session", "sessions")}, ${running} at work`;
  return state === "away" ? `does not answer · ${counts}` : counts;
}
