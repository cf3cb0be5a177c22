/** @jsxImportSource @opentui/solid */
/** The history of stops: when, during what, how long it took, and what it left. */
import { createMemo, createResource, Show } from "solid-js";
import { stopCauses, type StopRecord } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { plural } from "../../shared/plural";
import { proofSentence } from "../../shared/proof-words";
import { costWords } from "../../shared/usage-words";
import { api, requestTimeout, wordsFor } from "../../client/state/api-client";
import { useClient } from "../../client/state/client";
import { createMinute } from "../../client/state/clock";
import { duration, shortTime, tokens } from "../../client/state/format";
import { pointLabels, stopWords } from "../../client/state/outcome-labels";
import {
  byPerson,
  causeNames,
  createStopFilters,
  createStoppers,
  periods,
  personOf,
} from "../../client/state/stop-filters";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame, usePanelSize } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";
import { cutAtEnd } from "../fitting-words";
import { bindKey } from "../terminal-keys";
import { colors } from "../theme";

/** Columns of a person's name in a row. */
const mostOfName = 16;

/** The export has all. */
const mostLines = 200;

export function StopPanel(props: PanelProps) {
  const client = useClient();
  const minute = createMinute();
  const filters = createStopFilters();
  const size = usePanelSize();
  const [answer] = createResource(filters.query, (query) => api.stops(query, requestTimeout()));
  const stops = () => (answer.state === "ready" ? answer().stops.slice(0, mostLines) : []);
  const stoppers = createStoppers(() => (answer.state === "ready" ? answer().stops : undefined));
  const machineIn = ({ node }: StopRecord) => (client.cluster.isShown() ? node : undefined);
  const lines = createMemo(() => stops().map((stop) => lineOf(stop, minute(), machineIn(stop))));
  const unreached = () =>
    answer.state === "ready"
      ? (answer().unreached ?? []).map(({ node }) => visibleString(node))
      : [];

  const period = () => periods.find(({ id }) => id === filters.days())?.name ?? "";
  const cause = () => stopCauses.find((one) => one === filters.by());
  const title = () =>
    [
      "Stops",
      period(),
      cause() ? causeNames[cause()!] : visibleString(personOf(filters.by()) ?? ""),
      filters.survivors() ? "with survivors" : "",
    ]
      .filter(Boolean)
      .join(" · ");

  function nextPeriod(): void {
    const at = periods.findIndex(({ id }) => id === filters.days());
    filters.setDays(periods[(at + 1) % periods.length]?.id ?? "");
  }

  function nextCause(): void {
    const all = ["", ...stopCauses, ...stoppers().map(byPerson)];
    filters.setBy(all[(all.indexOf(filters.by()) + 1) % all.length] ?? "");
  }

  const empty = () => {
    if (answer.state === "errored")
      return `The stops could not be loaded: ${wordsFor(answer.error)}`;
    return answer.state === "ready" ? "No stops." : "Loading…";
  };
  return (
    <PanelFrame
      title={title()}
      hints={["Enter opens the session", "T time", "B by whom", "S survivors", "Escape closes"]}
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        empty={empty()}
        reserved={unreached().length > 0 ? 1 : 0}
        choose={({ id }) => {
          const stop = stops().find((one) => one.runId === id);
          if (stop === undefined) return;
          props.close();
          client.route.go(stop.sessionId);
        }}
      />
      <Show when={unreached().length > 0}>
        <text fg={colors.warning} wrapMode="none" flexShrink={0}>
          {cutAtEnd(`Not shown, as they did not answer: ${unreached().join(", ")}`, size.width())}
        </text>
      </Show>
      <FilterKeys
        t={nextPeriod}
        b={nextCause}
        s={() => filters.setSurvivors(!filters.survivors())}
      />
    </PanelFrame>
  );
}

/** They work where nothing is listed too. */
function FilterKeys(keys: Record<"t" | "b" | "s", () => void>) {
  for (const key of ["t", "b", "s"] as const)
    for (const name of [key, key.toUpperCase()])
      bindKey({ key: name, when: () => true, run: () => keys[key]() });
  return null;
}

function lineOf(record: StopRecord, now: number, machine: string | undefined): Line {
  const { stop, title, runId, settledMs, during, processesEnded, filesChanged, survivors } = record;
  const facts = [
    `${stopWords(stop)}, ${pointLabels[stop.point]}${during ? `: ${during}` : ""}`,
    machine === undefined ? "" : `on ${machine}`,
    processesEnded > 0 ? `${plural(processesEnded, "process", "processes")} ended` : "",
    filesChanged > 0 ? `${plural(filesChanged, "file")} changed` : "",
    costWords(record.usage, tokens) ?? "",
    survivors.length > 0
      ? `survived: ${survivors.map(({ pid, command }) => `${pid} ${command}`).join(", ")}`
      : (proofSentence(record) ?? ""),
  ];
  return {
    id: runId,
    text: title || "Untitled",
    side: [
      cutAtEnd(visibleString(stop.user ?? ""), mostOfName),
      settledMs === undefined ? "" : duration(settledMs),
      shortTime(stop.askedAt, now),
    ]
      .filter(Boolean)
      .join(" · "),
    mark: { text: survivors.length > 0 ? "!" : " ", color: "warning" },
    words: facts.filter(Boolean).join(" · "),
  };
}
