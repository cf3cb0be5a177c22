/** The input area: the message, and the one button that is Send or Stop. */
import { createEffect, createMemo, createSignal, on, onMount, Show } from "solid-js";
import { defined } from "../../shared/defined";
import { activeRun } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import { hasKeyboard, isHardwareKey } from "../hardware-keyboard";
import { isComposing } from "../keys";
import { useClient } from "../state/client";
import { machineOf } from "../state/cluster-state";
import { waitsForUploads } from "../state/attached-words";
import { createCommandWait } from "../state/command-wait";
import { createCommands, createInputReader, readCall } from "../state/commands";
import type { OpenSession } from "../state/open-session";
import { createFileCommands } from "../state/file-commands";
import { createPromptCommands } from "../state/prompt-commands";
import { undeliveredWords } from "../state/run-words";
import { engineName, reachesTurn } from "../state/engine-list";
import { lacksModel } from "../state/model-list";
import { mayOnlyWatch } from "../state/own-role";
import { tabToApproval } from "./approval-tab";
import { AttachButton } from "./AttachButton";
import { Button } from "./Button";
import { comboboxOf, Completion } from "./Completion";
import styles from "./Composer.module.css";
import { deferred } from "./deferred";
import { createFieldCompletion } from "./field-completion";
import { mentionPlace } from "../state/mention-place";
import { createFileIntake } from "./file-intake";
import { footing } from "./footing";
import { Icon } from "./Icon";
import { modelPickerId } from "./ModelPicker";
import { NudgeMenu, PauseButton } from "./RunControls";
import { Spinner } from "./Spinner";
import { StopButton } from "./StopButton";
import { WaysToSend } from "./WaysToSend";

const AttachmentChips = deferred(async () => (await import("./AttachmentChips")).AttachmentChips);
const AboveInput = deferred(async () => (await import("./AboveInput")).AboveInput);

const noWords = () => "";

export function Composer(props: { open: OpenSession }) {
  const client = useClient();
  const { input, comments, attached, stage, control } = props.open;
  const isReader = createMemo(() => mayOnlyWatch(props.open.session));
  const intake = createFileIntake({ attached, notices: client.notices, isOff: isReader });
  const name = () => engineName(client.engines.engines(), props.open.chosen().engine);
  const canTell = () => reachesTurn(client.engines.engines(), props.open.session);
  const isEmpty = () =>
    input.text().trim() === "" &&
    comments.all().length === 0 &&
    attached.files().every(({ stored }) => !stored);
  const builtIn = createCommands(client, props.open);
  const prompts = createPromptCommands(client, props.open);
  const files = createFileCommands(client, props.open);
  const commands = () => [...builtIn, ...files.commands(), ...prompts()];
  const waits = createCommandWait({ text: input.text, commands, listing: files.listing });
  const readInput = createInputReader(client, commands);
  const completion = createFieldCompletion({
    commands,
    mentions: mentionPlace(client, props.open),
    input,
    field: () => field,
  });
  const { choices, chosen } = completion;
  /** In words that follow what they are about. */
  const [hint, setHint] = createSignal<() => string>(noWords);
  const isBusy = () => stage() === "running" || stage() === "stopping";
  let field!: HTMLTextAreaElement;

  const isModelMissing = createMemo(
    () =>
      props.open.phase() !== "loading" && lacksModel(client.models.models(), props.open.chosen()),
  );

  function placeholder(): string {
    if (isReader()) return t("You may read and stop this");
    if (intake.isOver()) return t("Drop to attach");
    if (stage() === "running") return t("Queue a message");
    return t("Message {name}", { name: name() ?? "Rein" });
  }

  /** Nothing can be sent to a machine that does not answer; what is typed stays. Looks again whether it does. */
  function isAway(): boolean {
    const machine = client.cluster.away(machineOf(client.list, props.open.id()));
    if (machine === undefined) return false;
    const { name } = machine;
    setHint(() => () => t("Machine {name} does not answer: your text is kept.", { name }));
    void client.cluster.refresh();
    return true;
  }

  /** What Enter does: a command is carried out; a message goes out, behind a stop too, or waits for the run that goes on. */
  function send(): void {
    if (isReader() || waits(send)) return;
    const text = input.text();
    const read = readInput(text);
    if (read.kind === "unknown") return;
    if (read.kind === "command") {
      input.set("");
      read.command.run(read.argument);
    } else if (isAway()) return;
    else if (attached.isUploading()) hintUploads();
    else if (stage() === "running") control.queue(comments.inMessage(text), "run");
    else say({ interrupt: stage() === "stopping" });
  }

  function hintUploads(): void {
    setHint(
      () => () =>
        t("{waits}: send again when it is done.", { waits: waitsForUploads(attached.files()) }),
    );
  }

  function askForModel(): void {
    setHint(() => () => t("Choose a model first: your text is kept."));
    document.getElementById(modelPickerId)?.click();
  }

  function say(how: { interrupt: boolean }): void {
    if (isReader() || waits(() => say(how)) || isAway()) return;
    const text = input.text();
    if (attached.isUploading()) return hintUploads();
    if (isEmpty()) return;
    if (isModelMissing()) return askForModel();
    const command = readCall(commands(), text);
    const message = comments.inMessage(text);
    input.set("");
    if (command === undefined) comments.clear();
    props.open.send(message, { ...how, ...defined({ command }), files: attached.take() });
  }

  function tellNow(): void {
    if (isReader() || waits(tellNow) || isAway()) return;
    if (stage() === "running" && !attached.isUploading())
      control.queue(
        readCall(commands(), input.text()) ?? comments.inMessage(input.text()),
        canTell() ? "turn" : "run",
      );
    else send();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && choices().length > 0) completion.move(step);
    else if (event.key === "Tab" && !event.shiftKey && choices().length > 0) completion.take();
    else if (event.key === "ArrowRight" && completion.goesOn()) completion.take();
    else if (event.key === "Tab" && !event.shiftKey && tabToApproval())
      return event.preventDefault();
    else if (event.key === "Enter") return onEnter(event);
    else return;
    event.preventDefault();
  }

  function onEnter(event: KeyboardEvent): void {
    const isModified = event.ctrlKey || event.metaKey;
    // On a screen keyboard Enter makes a new line: there is a button to send.
    if ((event.shiftKey && !isModified) || !isHardwareKey(event)) return;
    event.preventDefault();
    if (!isModified && completion.takesEnter()) return completion.take();
    if (!isModified) send();
    else if (event.shiftKey) say({ interrupt: true });
    else tellNow();
  }

  createEffect(() => {
    input.text();
    client.preferences.textSize();
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  });
  const forgetHint = () => setHint(() => noWords);
  createEffect(on(createMemo(attached.isUploading), forgetHint));
  createEffect(
    on(
      createMemo(() => client.cluster.away(machineOf(client.list, props.open.id()))?.name),
      forgetHint,
      { defer: true },
    ),
  );
  createEffect(on(isModelMissing, (isMissing) => isMissing || forgetHint(), { defer: true }));
  createEffect(
    on(stage, (now, before) => {
      if (now === "idle" || now === "stopped") forgetHint();
      // The button that had the focus is gone.
      const isFocusLost = document.activeElement === document.body;
      const isTurn = before === "stopping" || now === "running";
      if (isTurn && isFocusLost && hasKeyboard()) field.focus();
    }),
  );
  onMount(() => hasKeyboard() && field.focus());

  return (
    <form
      class={styles.composer}
      aria-label={t("Write to Rein")}
      data-testid="composer"
      data-state={stage()}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <AboveInput open={props.open} />
      <Show when={choices().length > 0}>
        <Completion
          choices={choices()}
          chosen={chosen()}
          take={completion.take}
          close={completion.close}
        />
      </Show>
      <AttachmentChips open={props.open} />
      <div
        class={styles.box}
        data-held={control.pauseState()}
        data-over={intake.isOver() ? "" : undefined}
      >
        <Show when={!isReader()}>
          <AttachButton intake={intake} class={styles.attach} />
        </Show>
        <textarea
          ref={field}
          name="message"
          rows="1"
          aria-label={t("Message")}
          {...comboboxOf(choices().length, chosen())}
          readOnly={isReader()}
          placeholder={placeholder()}
          value={input.text()}
          onInput={(event) => {
            input.set(event.currentTarget.value);
            completion.look();
          }}
          onSelect={completion.look}
          onKeyUp={completion.look}
          onClick={completion.look}
          onKeyDown={onKeyDown}
          onPaste={intake.onPaste}
        />
        <Show
          when={isBusy()}
          fallback={
            <Button
              type="submit"
              look="primary"
              class={styles.send}
              data-testid="send"
              aria-label={t("Send")}
              title={attached.isUploading() ? waitsForUploads(attached.files()) : t("Send (Enter)")}
              disabled={
                isEmpty() ||
                attached.isUploading() ||
                isReader() ||
                props.open.phase() === "missing"
              }
            >
              <Icon name="send" />
            </Button>
          }
        >
          <div class={styles.controls}>
            <Show when={!isReader()}>
              <NudgeMenu open={props.open} />
              <Show when={!activeRun(props.open.session)?.pause?.reached}>
                <PauseButton open={props.open} />
              </Show>
            </Show>
            <StopButton
              stopping={stage() === "stopping"}
              undelivered={props.open.isUndelivered()}
              asking={props.open.confirmation.isAsking()}
              onStop={props.open.stop}
            />
          </div>
        </Show>
      </div>
      <div class={styles.foot}>
        <Show when={isBusy() && !isEmpty() && !isReader()}>
          <WaysToSend
            isStopping={stage() === "stopping"}
            canTell={canTell()}
            send={send}
            tellNow={tellNow}
            interrupt={() => say({ interrupt: true })}
          />
        </Show>
        <p class={styles.hint}>
          <Show
            when={props.open.connection() === "lost"}
            fallback={completion.hint() || hint()() || footing(props.open)}
          >
            <span class={styles.reconnecting} role="status" data-testid="connection">
              <Spinner /> {t("The server cannot be reached.")}{" "}
              {props.open.isUndelivered() ? undeliveredWords() : t("Trying again…")}
            </span>
          </Show>
        </p>
      </div>
    </form>
  );
}
