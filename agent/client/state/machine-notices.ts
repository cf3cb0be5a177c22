/** Tells when the machine that answers this window does not, and offers the others. */
import { type Accessor, createEffect, createMemo } from "solid-js";
import { t } from "../../shared/translation";
import { chooseNode, windowNode } from "./asked-node";
import { awayWords, type ClusterState } from "./cluster-state";
import type { Notices } from "./notice-store";

interface MachineOptions {
  cluster: ClusterState;
  notices: Notices;
  /** The session on screen: it has a machine of its own. */
  shownId: Accessor<string | undefined>;
}

const id = "machine-away";

export function followMachines({ cluster, notices, shownId }: MachineOptions): void {
  const away = createMemo(() => (shownId() === undefined ? cluster.away(windowNode()) : undefined));
  createEffect(() => {
    const machine = away();
    if (machine === undefined) return notices.dismiss(id);
    const [first, ...others] = cluster
      .nodes()
      .filter(({ state }) => state !== "away")
      .map(({ name }) => ({
        label: t("Go on with machine {name}", { name }),
        run: () => chooseNode(name),
      }));
    notices.keep({
      id,
      text: awayWords(machine),
      detail: t("A new session and the settings need a machine that answers."),
      ...(first !== undefined && { action: first }),
      others: others.slice(0, 2),
      holds: true,
    });
  });
}
