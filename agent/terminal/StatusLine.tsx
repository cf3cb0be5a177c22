/** @jsxImportSource @opentui/solid */
/** What the run is doing, below the input: "Working", "Stopping…", "Ready · stopped in 3 ms · 2 processes ended". */
import { useTerminalDimensions } from "@opentui/solid";
import { createMemo, For, Show } from "solid-js";
import { type Client, useClient } from "../client/state/client";
import { awayWords, machineOf } from "../client/state/cluster-state";
import { createNow } from "../client/state/clock";
import { elapsed } from "../client/state/format";
import type { OpenSession } from "../client/state/open-session";
import { receiptLine } from "../client/state/outcome-labels";
import { isAsking, pauseWords, undeliveredWords } from "../client/state/run-words";
import type { Receipt, Run, Survivor } from "../shared/protocol";
import { plural } from "../shared/plural";
import { activeRun } from "../shared/session-lookup";
import { visibleString } from "../shared/visible-text";
import { exitWords } from "./exit-lines";
import { cutAtEnd, fittingWay } from "./fitting-words";
import { isLeaving } from "./stop-keys";
import { colors } from "./theme";

export function StatusLine(props: { open: OpenSession }) {
  const client = useClient();
  const shownHint = createMemo(() => hint(client, props.open));
  const run = createMemo(() => activeRun(props.open.session));
  const isRunning = () => props.open.stage() === "running";
  const size = useTerminalDimensions();
  const width = () => size().width - 2;
  const room = () => width() - (isRunning() ? elapsedWidth : 0);
  const words = () => fittingWay(stageWords(props.open), room());
  const hintWidth = () => Math.max(0, room() - Bun.stringWidth(words()) - 1);
  return (
    <box flexDirection="column" flexShrink={0} paddingX={1}>
      <For each={survivorLines(lastReceipt(props.open)?.survivors ?? [], size().height)}>
        {(line) => (
          <text fg={colors.warning} wrapMode="none" height={1}>
            {cutAtEnd(line, width())}
          </text>
        )}
      </For>
      <box flexDirection="row" gap={1} height={1}>
        <text fg={stageColor(props.open)} wrapMode="none" flexShrink={0}>
          {words()}
        </text>
        <Show when={isRunning() && run()}>{(shown) => <Elapsed run={shown()} />}</Show>
        <text
          fg={shownHint().isUrgent ? colors.warning : colors.muted}
          wrapMode="none"
          flexShrink={1}
        >
          {fittingWay(shownHint().ways, hintWidth())}
        </text>
      </box>
    </box>
  );
}

/** Of "59.9 s", "12m 30s", and the gap before it. */
const elapsedWidth = 8;

function Elapsed(props: { run: Run }) {
  const now = createNow();
  return (
    <text fg={colors.muted} wrapMode="none" flexShrink={0}>
      {elapsed(Math.max(0, now() - props.run.startedAt))}
    </text>
  );
}

function stageColor({ stage }: OpenSession): string {
  if (isLeaving() || stage() === "stopping") return colors.warning;
  return stage() === "running" ? colors.accent : colors.muted;
}

/** From long to short. */
function stageWords(open: OpenSession): string[] {
  if (isLeaving()) return ["Press Ctrl+C again to exit"];
  if (open.stage() === "stopping") return ["Stopping…"];
  if (open.stage() === "running") {
    const pause = open.control.pauseState();
    if (pause !== undefined) return [pauseWords(open.session, pause)];
    return [isAsking(open) ? "Waiting for your answer" : "Working"];
  }
  const receipt = lastReceipt(open);
  if (receipt === undefined) return ["Ready"];
  const short = receiptLine(receipt, true);
  return [receiptLine(receipt), short].map((line) => `Ready · ${lowered(line)}`).concat(short);
}

interface Hint {
  /** From long to short. */
  ways: string[];
  isUrgent?: true;
}

/** What can be done now, or why nothing happens. */
function hint(client: Client, open: OpenSession): Hint {
  if (isLeaving()) {
    const words = exitWords(client);
    return words === "" ? { ways: [] } : { ways: [`· ${words}`], isUrgent: true };
  }
  if (open.stage() === "stopping")
    return { ways: ["· Escape or Ctrl+C again kills at once", "· Escape again kills at once"] };
  if (open.confirmation.isAsking())
    return {
      ways: ["· Escape or Ctrl+C again, or Enter, stops it", "· Enter stops it"],
      isUrgent: true,
    };
  if (open.isUndelivered()) return { ways: [`· ${undeliveredWords()}`], isUrgent: true };
  if (open.connection() === "lost") return { ways: lostWays, isUrgent: true };
  const away = client.cluster.away(machineOf(client.list, open.id()));
  if (away !== undefined) {
    const words = visibleString(awayWords(away));
    return { ways: [`· ${words} It can be read`, `· ${words}`], isUrgent: true };
  }
  return { ways: [] };
}

const lostWays = ["· The server cannot be reached. Trying again", "· No connection. Trying again"];

/** Of the last run, when that was stopped. */
function lastReceipt({ session }: OpenSession): Receipt | undefined {
  const last = session.runs.at(-1);
  return last?.outcome === "stopped" ? last.receipt : undefined;
}

/** A row in eight, at most: the receipt has all of them. */
function survivorLines(survivors: readonly Survivor[], height: number): string[] {
  const most = Math.max(1, Math.floor(height / 8));
  const lines = survivors.map(
    ({ pid, command, reason }) => `${pid} ${oneLine(command)} (${oneLine(reason)})`,
  );
  if (lines.length <= most) return lines.map((line) => `Not ended: ${line}`);
  const shown = lines.slice(0, most - 1).map((line) => `Not ended: ${line}`);
  const left = plural(lines.length - shown.length, "process", "processes");
  return [...shown, `Not ended: ${left}${shown.length > 0 ? " more" : ""}, in the receipt`];
}

/** A command may have many lines, and one of a million characters. */
function oneLine(words: string): string {
  return visibleString(words.slice(0, 500).replaceAll(/\s+/g, " "));
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
