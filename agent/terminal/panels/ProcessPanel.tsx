/** @jsxImportSource @opentui/solid */
/** The processes of the session: in the background, of the current run, of its engine, not known, and ended; each with its stop and its output. */
import { createMemo, createSignal, Show } from "solid-js";
import type { BackgroundProcess } from "../../shared/protocol";
import { activeRun, isLiving, isUnknown } from "../../shared/session-lookup";
import { visibleString } from "../../shared/visible-text";
import { useClient } from "../../client/state/client";
import { machineOf, silenceWords } from "../../client/state/cluster-state";
import { createNow } from "../../client/state/clock";
import { duration, elapsed } from "../../client/state/format";
import { createProcessActions } from "../../client/state/process-actions";
import { factsOf, processStateLabel } from "../../client/state/process-labels";
import { createProcessPolling, type PolledProcess } from "../../client/state/process-polling";
import { colors } from "../theme";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";
import { ProcessOutputView } from "./ProcessOutputView";

export function ProcessPanel(props: PanelProps) {
  const client = useClient();
  const { session } = props.open;
  const polled = createProcessPolling(props.open);
  const actions = createProcessActions();
  const now = createNow();
  const [shownId, setShownId] = createSignal<string>();
  const known = createMemo(() => (session.processes ?? []).toReversed());
  const others = createMemo(() => {
    const ids = new Set(known().map(({ id }) => id));
    return (polled.all() ?? []).filter(({ id }) => !ids.has(id));
  });
  const seenOf = (id: string) => polled.all()?.find((seen) => seen.id === id);
  const knownOf = (id: string | undefined) => known().find((one) => one.id === id);

  function lineOf(process: BackgroundProcess): Line {
    const isStopping = process.state === "stopping" || actions.isStopping(process.id);
    const seen = isLiving(process) ? seenOf(process.id) : undefined;
    const age = process.endedAt
      ? ` · after ${duration(process.endedAt - process.startedAt)}`
      : ` · ${elapsed(now() - process.startedAt)}`;
    return {
      id: process.id,
      text: process.command,
      side: isUnknown(process)
        ? "not known"
        : (isStopping ? "stopping…" : processStateLabel(process)) + age,
      mark: {
        text: isLiving(process) ? "●" : " ",
        color: process.survivors?.length ? "warning" : "good",
      },
      words: [
        process.id,
        ...(isUnknown(process) ? [processStateLabel(process)] : []),
        ...(seen ? factsOf(seen) : []),
        ...(process.pinned ? ["pinned: keeps running when its run is stopped"] : []),
        seen?.lastLine ?? "",
      ]
        .filter(Boolean)
        .join(" · "),
    };
  }

  function otherLine(seen: PolledProcess): Line {
    const isStopping = actions.isStopping(seen.id) || props.open.isStopping(seen.toolCallId ?? "");
    return {
      id: seen.id,
      text: seen.command,
      side: `${isStopping ? "stopping…" : "running"} · ${elapsed(now() - seen.startedAt)}`,
      mark: { text: "●", color: "good" },
      words: factsOf(seen).join(" · "),
    };
  }

  const lines = createMemo(() => [
    ...headed("Background", known().filter(isLiving).map(lineOf)),
    ...headed(
      "In this run",
      others()
        .filter(({ engine, mcpServer }) => engine === undefined && !mcpServer)
        .map(otherLine),
    ),
    ...headed(
      "MCP servers",
      others()
        .filter(({ mcpServer }) => mcpServer)
        .map(otherLine),
    ),
    ...headed(
      "Engine",
      others()
        .filter(({ engine }) => engine !== undefined)
        .map(otherLine),
    ),
    ...headed("Not known", known().filter(isUnknown).map(lineOf)),
    ...headed(
      "Ended",
      known()
        .filter((one) => !isLiving(one) && !isUnknown(one))
        .map(lineOf),
    ),
  ]);

  function stop({ id }: Line): void {
    const process = knownOf(id);
    const seen = others().find((one) => one.id === id);
    const runId = activeRun(session)?.id;
    const isAlone = seen?.engine === "command" || seen?.mcpServer;
    if (process ? isLiving(process) : isAlone) void actions.stop(id);
    else if (seen?.toolCallId !== undefined && runId !== undefined)
      props.open.stopPart({ runId, toolCallId: seen.toolCallId });
  }

  function pin({ id }: Line): void {
    const process = knownOf(id);
    if (process !== undefined && isLiving(process)) actions.pin(id, !process.pinned);
  }

  return (
    <PanelFrame
      title="Processes"
      hints={
        shownId() === undefined
          ? lines().length === 0
            ? ["Escape closes"]
            : ["Enter shows the output", "x stops", "Ctrl+E stops all", "p pins", "Escape closes"]
          : ["x stops", "Escape goes back"]
      }
      close={props.close}
    >
      <Show
        when={knownOf(shownId())}
        fallback={
          <ChoiceList
            lines={lines()}
            empty="No running processes. Servers and watchers that the agent starts in the background appear here."
            reserved={polled.isStale() ? 2 : 0}
            choose={({ id }) => setShownId(knownOf(id)?.id)}
            keys={[
              { key: "x", run: stop },
              { key: "p", run: pin },
              {
                key: "Ctrl+e",
                run: () =>
                  lines()
                    .filter(({ isHead }) => !isHead)
                    .forEach(stop),
              },
            ]}
          />
        }
      >
        {(process) => (
          <ProcessOutputView
            sessionId={props.open.id() ?? ""}
            process={process()}
            stop={() => void actions.stop(process().id)}
            close={() => setShownId(undefined)}
          />
        )}
      </Show>
      <Show when={polled.isStale()}>
        <text fg={colors.warning} flexShrink={0}>
          {visibleString(
            silenceWords(client.cluster.away(machineOf(client.list, props.open.id()))),
          )}
        </text>
      </Show>
    </PanelFrame>
  );
}

function headed(title: string, lines: Line[]): Line[] {
  if (lines.length === 0) return [];
  return [{ id: `head ${title}`, text: title, isHead: true }, ...lines];
}
