/** @jsxImportSource @opentui/solid */
/** The input: the message, what it could become, what is queued, and lines that say what goes on. */
import { useRenderer, useTerminalDimensions } from "@opentui/solid";
import { createSignal, Show } from "solid-js";
import { defined } from "../../shared/defined";
import { activeRun } from "../../shared/session-lookup";
import { useClient } from "../../client/state/client";
import { waitsForUploads } from "../../client/state/attached-words";
import { createCommandWait } from "../../client/state/command-wait";
import { createInputReader, readCall } from "../../client/state/commands";
import { awayWords, machineOf } from "../../client/state/cluster-state";
import { engineName, reachesTurn } from "../../client/state/engine-list";
import { limitWords } from "../../client/state/limit-words";
import { lacksModel } from "../../client/state/model-list";
import type { OpenSession } from "../../client/state/open-session";
import { createFileCommands } from "../../client/state/file-commands";
import { createPromptCommands } from "../../client/state/prompt-commands";
import { visibleString } from "../../shared/visible-text";
import { useSelection } from "../card-selection";
import { colors } from "../theme";
import { mentionPlace } from "../../client/state/mention-place";
import { attachPasted } from "./attach-commands";
import { AttachedRows } from "./AttachedRows";
import { CompletionList } from "./CompletionList";
import { bindComposerKeys } from "./composer-keys";
import { composerHint } from "./composer-hints";
import { createInputCompletion } from "./input-completion";
import { type FieldHandle, MessageField } from "./MessageField";
import { QueueChips } from "./QueueChips";
import { TodoLine } from "./TodoLine";
import { createSentHistory } from "./sent-history";
import { createTerminalCommands } from "./terminal-commands";

export function ComposerView(props: { open: OpenSession; exit: () => void }) {
  const client = useClient();
  const selection = useSelection();
  const size = useTerminalDimensions();
  const renderer = useRenderer();
  const { input, attached, stage, control, session } = props.open;
  let field!: FieldHandle;
  const [lines, setLines] = createSignal(1);
  const builtIn = createTerminalCommands(client, props.open, {
    exit: () => props.exit(),
    copy: (text) => renderer.copyToClipboardOSC52(text),
  });
  const prompts = createPromptCommands(client, props.open);
  const files = createFileCommands(client, props.open);
  const commands = () => [...builtIn, ...files.commands(), ...prompts()];
  const text = () => field.text();
  const waits = createCommandWait({ text, commands, listing: files.listing });
  const readInput = createInputReader(client, commands);
  const history = createSentHistory(session);
  const completion = createInputCompletion({
    commands,
    mentions: mentionPlace(client, props.open),
    text: input.text,
    field: () => field,
  });
  client.onFindSession(() => client.setPanel("sidebar"));

  const name = () => engineName(client.engines.engines(), props.open.chosen().engine);
  const canTell = () => reachesTurn(client.engines.engines(), session);
  const isCovered = () => client.route.isCovered();

  /** What Enter does: a command is carried out; a message goes out, behind a stop too, or waits for the run that goes on. */
  function send(): void {
    if (waits(send)) return;
    // The field tells of its text later than of a key that follows at once.
    const text = field.text();
    const read = readInput(text);
    if (read.kind === "unknown") return;
    if (read.kind === "command") {
      empty();
      read.command.run(read.argument);
    } else if (isAway()) return;
    else if (stage() === "running") queue(text, "run");
    else say(stage() === "stopping");
  }

  function say(interrupt: boolean): void {
    if (waits(() => say(interrupt))) return;
    const text = field.text();
    if (isEmpty(text) || isWaiting() || isAway()) return;
    if (props.open.phase() === "missing")
      return client.notices.toast("This session was deleted: /new begins another one");
    if (props.open.phase() !== "loading" && lacksModel(client.models.models(), props.open.chosen()))
      return client.setPanel("models");
    const command = readCall(commands(), text);
    empty();
    props.open.send(text, { interrupt, ...defined({ command }), files: attached.take() });
  }

  function isEmpty(text: string): boolean {
    return text.trim() === "" && attached.files().every(({ stored }) => !stored);
  }

  /** Says so: what is typed stays until the machine of the session answers. */
  function isAway(): boolean {
    const machine = client.cluster.away(machineOf(client.list, props.open.id()));
    if (machine === undefined) return false;
    client.notices.toast(awayWords(machine), "Your text is kept. Enter tries again.");
    void client.cluster.refresh();
    return true;
  }

  /** Says so: half an upload is never sent. */
  function isWaiting(): boolean {
    if (attached.isUploading())
      client.notices.toast(`${waitsForUploads(attached.files())}: send again when it is done`);
    return attached.isUploading();
  }

  function queue(text: string, waitsFor: "run" | "turn"): void {
    if (isEmpty(text) || isWaiting()) return;
    const said = readCall(commands(), text) ?? text;
    empty();
    control.queue(said, waitsFor);
  }

  function tellNow(): void {
    if (waits(tellNow)) return;
    if (stage() === "running") queue(field.text(), canTell() ? "turn" : "run");
    else send();
  }

  function empty(): void {
    field.replace("");
    input.set("");
  }

  bindComposerKeys({
    client,
    open: props.open,
    field: () => field,
    completion,
    history,
    isActive: () => !isCovered() && selection.selected() === undefined,
    send,
    tellNow,
    interrupt: () => say(true),
  });

  const most = () => Math.max(2, Math.min(10, Math.floor(size().height / 3)));
  const hint = () =>
    composerHint(
      {
        stage: stage(),
        pause: control.pauseState(),
        isUndelivered: props.open.isUndelivered(),
        isEmpty: input.text().trim() === "",
        canTell: canTell(),
        lines: lines(),
        isCompleting: completion.choices().length > 0,
      },
      size().width - 8,
    );
  const placeholder = () =>
    stage() === "running" ? "Queue a message" : `Message ${visibleString(name() ?? "Rein")}`;

  return (
    <box flexDirection="column" flexShrink={0}>
      <TodoLine open={props.open} />
      <QueueChips open={props.open} />
      <AttachedRows open={props.open} />
      <NearNote open={props.open} />
      <Show when={completion.choices().length > 0}>
        <CompletionList
          choices={completion.choices()}
          chosen={completion.chosen()}
          maxHeight={most()}
          take={completion.take}
        />
      </Show>
      <box
        border
        borderStyle="rounded"
        borderColor={control.pauseState() === undefined ? colors.border : colors.warning}
        titleColor={colors.muted}
        bottomTitle={hint() === "" ? undefined : ` ${hint()} `}
        paddingX={1}
        flexDirection="row"
      >
        <MessageField
          ref={(handle) => (field = handle)}
          text={input.text()}
          set={(text) => {
            input.set(text);
            setLines(field.lines());
            completion.look();
          }}
          takePasted={(text) => attachPasted(client, props.open, text)}
          onMoved={() => completion.look()}
          placeholder={placeholder()}
          maxHeight={most()}
          focused={!isCovered()}
        />
      </box>
    </box>
  );
}

/** A limit that the run comes near to. */
function NearNote(props: { open: OpenSession }) {
  const near = () => activeRun(props.open.session)?.near;
  return (
    <Show when={near()}>
      {(limit) => (
        <text fg={colors.warning} paddingX={2} flexShrink={0} wrapMode="none">
          {limitWords(limit(), "near")}
        </text>
      )}
    </Show>
  );
}
