/** @jsxImportSource @opentui/solid */
/** What stands below a settled run: its error, one line of what it did, and what can be done with it by key. */
import { createSignal, Match, Show, Switch } from "solid-js";
import { plural } from "../../shared/plural";
import type { Receipt, Run } from "../../shared/protocol";
import { useClient, useOpen } from "../../client/state/client";
import { settingsOf } from "../../client/state/failure-settings";
import { duration, timeOfDay, tokens } from "../../client/state/format";
import { receiptLine } from "../../client/state/outcome-labels";
import { createRunActions } from "../../client/state/run-actions";
import { createSurvivorEnding } from "../../client/state/survivor-ending";
import { Card, type CardAction } from "./Card";
import { FilesRows, NotRecordedRows } from "./FilesRows";
import { HookRows } from "./HookRows";
import { useLines } from "./column-width";
import type { Piece } from "./pieces";
import { ReceiptRows } from "./ReceiptRows";
import { RunDetailRows } from "./RunDetailRows";
import { SurvivorRows } from "./SurvivorRows";
import { Words } from "./Words";

type RunPanel = "receipt" | "files" | "details";

export function RunRows(props: { run: Run }) {
  const receipt = () => (props.run.outcome === "stopped" ? props.run.receipt : undefined);
  return (
    <Show when={props.run.state === "settled"}>
      <box flexDirection="column" flexShrink={0}>
        <Show when={props.run.outcome === "failed" && props.run.error}>
          {(error) => (
            <Words
              pieces={[
                { text: "! ", color: "bad", bold: true },
                { text: error().message, color: "bad", prose: true },
              ]}
            />
          )}
        </Show>
        <RunCard run={props.run} receipt={receipt()} />
      </box>
    </Show>
  );
}

function RunCard(props: { run: Run; receipt: Receipt | undefined }) {
  const [panel, setPanel] = createSignal<RunPanel>();
  const ending = createSurvivorEnding(useClient(), useOpen());
  const toggle = (one: RunPanel) => setPanel(panel() === one ? undefined : one);
  const survivors = () => props.receipt?.survivors ?? [];
  const more = createRunKeys(props);
  const lines = useLines();
  const actions = (): CardAction[] => [
    {
      key: "Enter",
      label: panel() === undefined ? "open" : "close",
      run: () =>
        panel() === undefined ? toggle(props.receipt ? "receipt" : "details") : setPanel(),
    },
    ...(survivors().length > 0 && !ending.isTrying()
      ? [{ key: "e", label: "end again", run: () => ending.tryAgain(props.run.id) }]
      : []),
    ...(props.run.changes !== undefined && (props.run.changes.count > 0 || props.run.changes.reason)
      ? [{ key: "f", label: "files", run: () => toggle("files") }]
      : []),
    ...more(),
    { key: "t", label: "time and tokens", run: () => toggle("details") },
  ];
  return (
    <Card
      id={`run:${props.run.id}`}
      head={headPieces(props.run, props.receipt, lines)}
      actions={actions()}
      isWrapped
    >
      <Show when={survivors().length > 0}>
        <SurvivorRows survivors={survivors()} isTrying={ending.isTrying()} />
      </Show>
      <HookRows hooks={props.run.hooks} />
      <Show when={panel()}>
        <box flexDirection="column" flexShrink={0} paddingLeft={2}>
          <Switch>
            <Match when={panel() === "receipt" && props.receipt}>
              {(receipt) => <ReceiptRows run={props.run} receipt={receipt()} />}
            </Match>
            <Match when={panel() === "files" && props.run.changes}>
              {(changes) => (
                <>
                  <FilesRows run={props.run} />
                  <NotRecordedRows changes={changes()} />
                </>
              )}
            </Match>
            <Match when={panel() === "details"}>
              <RunDetailRows run={props.run} />
            </Match>
          </Switch>
        </box>
      </Show>
    </Card>
  );
}

/** What can be done with it now. */
function createRunKeys(props: { run: Run }): () => CardAction[] {
  const { undo } = useOpen();
  const client = useClient();
  const toSettings = () => {
    const panel = settingsOf(props.run);
    return panel && (() => client.setPanel(panel));
  };
  const actions = createRunActions(props);
  const action = (key: string, label: string, run: (() => void) | undefined) =>
    run === undefined ? [] : [{ key, label, run }];
  const isUndone = () => props.run.changes?.undoneAt !== undefined;
  const way = () => (isUndone() ? "redo" : "undo");
  const canUndo = () =>
    props.run.changes?.state === "known" && props.run.changes.count > 0 && !undo.isBusy();
  return () => [
    ...action("s", "open the settings", toSettings()),
    ...action("c", "continue", actions.goOn()),
    ...action(
      "u",
      `${way()} changes`,
      canUndo() ? () => void undo.start(way(), props.run.id) : undefined,
    ),
    ...action("r", "retry", actions.retry()),
    ...action("b", "undo changes and retry", actions.undoAndRetry()),
  ];
}

/** What a stop did, the files that it changed, its time and tokens. */
function headPieces(
  run: Run,
  receipt: Receipt | undefined,
  lines: (text: string) => string,
): Piece[] {
  const stopped = receipt === undefined ? "" : receiptLine(receipt);
  const words = [stopped, changedWords(run.changes), usedWords(run)].filter(
    (piece) => piece !== "",
  );
  return [
    {
      text: lines(words.join(" · ")),
      color: (receipt?.survivors.length ?? 0) > 0 ? "warning" : "muted",
    },
  ];
}

function changedWords(changes: Run["changes"]): string {
  if (changes?.state === "pending") return "checking files…";
  if (changes?.state === "unknown") return "changes not recorded";
  if (changes === undefined || changes.count === 0) return "";
  const undone = changes.undoneAt === undefined ? "" : `, undone at ${timeOfDay(changes.undoneAt)}`;
  return `${plural(changes.count, "file")} changed${undone}`;
}

function usedWords({ usage, endedAt, startedAt }: Run): string {
  const count = usage.inputTokens + usage.outputTokens;
  const used = count > 0 ? ` · ${usage.estimated ? "~" : ""}${tokens(count)} tokens` : "";
  return `${duration((endedAt ?? startedAt) - startedAt)}${used}`;
}
