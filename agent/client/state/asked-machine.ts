/** What belongs to a machine is read anew when another one is asked, or it is back. */
import { createEffect, on } from "solid-js";
import { logFailure } from "./api-client";
import { askedNode } from "./asked-node";
import type { ClusterState } from "./cluster-state";
import type { EnginesState } from "./engine-list";
import type { ListChanges } from "./list-changes";
import type { ModelsState } from "./model-list";

interface OfMachine {
  cluster: Pick<ClusterState, "away">;
  models: Pick<ModelsState, "refresh">;
  engines: Pick<EnginesState, "engines" | "refresh">;
  changes: Pick<ListChanges, "ofAnother">;
}

export function followAskedMachine({ cluster, models, engines, changes }: OfMachine): void {
  createEffect(
    on(
      () => (cluster.away(askedNode()) === undefined ? askedNode() : undefined),
      (node) => {
        if (node === undefined) return;
        models.refresh().catch((error: unknown) => logFailure("The models were not loaded", error));
        if (engines.engines() !== undefined) void engines.refresh();
        // Machines may disagree about one: to look at all of them again here would never end.
        changes.ofAnother();
      },
      { defer: true },
    ),
  );
}
