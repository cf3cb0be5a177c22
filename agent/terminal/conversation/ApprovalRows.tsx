/** @jsxImportSource @opentui/solid */
/** A permission request: all of what is asked, then a key that allows once, always, or denies, with an optional reason for the model. */
import type { BoxRenderable } from "@opentui/core";
import { createMemo, createSignal, For, Show, untrack } from "solid-js";
import type { Approval, ApprovalReply, ToolCallPart } from "../../shared/protocol";
import { visibleLines } from "../../shared/visible-text";
import { useClient, useOpen } from "../../client/state/client";
import { coveredBy, moreWays } from "../../client/state/always-rules";
import { createAnswerPresses } from "../../client/state/approval-keys";
import { type AskedText, askedOf } from "../../client/state/asked-input";
import { amountOf, beginningOf, notShownWords } from "../../client/state/beginning";
import { askerOf, questionOf } from "../../client/state/waiting-approvals";
import { useSelection } from "../card-selection";
import { colors } from "../theme";
import { BarredRows } from "./BarredRows";
import { Card, type CardAction } from "./Card";
import { diffPieces } from "./DiffRows";
import { LineField } from "./LineField";
import { PlanField, planActions } from "./PlanReply";
import type { Piece } from "./pieces";
import { createSeenRows } from "./seen-rows";
import { Words } from "./Words";

/** Drawn while the call waits. A new request is a new card: nothing of the one before counts for it. */
export function ApprovalRows(props: { part: ToolCallPart }) {
  const approval = () => (props.part.state === "waiting" ? props.part.approval : undefined);
  return (
    <Show when={approval()?.id} keyed>
      {(_id) => <Request part={props.part} approval={untrack(approval)!} />}
    </Show>
  );
}

function Request(props: { part: ToolCallPart; approval: Approval }) {
  const open = useOpen();
  const {
    engines: { engines },
    notices,
    route,
  } = useClient();
  const selection = useSelection();
  const { approval } = props;
  const asked = untrack(() => askedOf(approval, props.part, open.session.cwd));
  const isLong = asked.blocks.some(isFolded);
  const [isWhole, setWhole] = createSignal(!isLong);
  const isPlan = approval.kind === "plan";
  /** A plan may be edited before it is approved. */
  const [typed, setTyped] = createSignal(approval.subject);
  const [isEditing, setEditing] = createSignal(false);
  const [isGivingReason, setGivingReason] = createSignal(false);
  const [isAnswering, setAnswering] = createSignal(false);
  const seen = createSeenRows(() => isWhole() && !route.isCovered());
  let askedBox: BoxRenderable | undefined;
  const presses = createAnswerPresses();
  const isReady = () => presses.isListening() && !isAnswering();

  async function answer(reply: ApprovalReply): Promise<void> {
    if (isAnswering()) return;
    setAnswering(true);
    const isTaken = await open.reply(approval.id, reply);
    if (!isTaken) setAnswering(false);
  }

  /** Not all of it was on the screen: it cannot be allowed yet. */
  const isUnseen = () => !isWhole() || (seen.isTall() && !seen.isSeen());

  /** A key of its own that comes after a quiet moment; what allows, only when all of it has been shown. */
  function pressed(reply: ApprovalReply): void {
    const counts = presses.take({ repeat: false, isComposing: false });
    if (reply.decision !== "deny" && !seen.isSeen())
      notices.toast(notShownWords(), "Enter shows the next rows of it.", approval.id);
    else if (counts) void answer(reply);
  }

  /** Whoever goes on typing as the field closes answers nothing. */
  function closeField(): void {
    setGivingReason(false);
    setEditing(false);
    presses.enter();
  }

  /** With the key of what cannot be done yet, too: it is no text for the input. */
  const actions = (): CardAction[] =>
    isGivingReason() || isEditing() || isAnswering()
      ? []
      : [
          {
            key: "Enter",
            label: isWhole() ? "show the next rows of it" : "show all of it before you allow it",
            run: () => (isWhole() ? askedBox && seen.showMore(askedBox) : setWhole(true)),
            isUnnamed: !isUnseen(),
          },
          ...allowing().map((action) => ({ ...action, isUnnamed: isUnseen() })),
          ...(isPlan ? [{ key: "e", label: "edit it", run: () => setEditing(true) }] : []),
          { key: "d", label: words.deny, run: () => pressed({ decision: "deny" }) },
          { key: "r", label: words.reason, run: () => setGivingReason(true) },
        ];
  const words = isPlan ? planWords : denyWords;
  const allowing = () =>
    isPlan ? planActions(approval, typed(), pressed) : allowActions(approval, pressed);
  const blocks = () => (typed() === approval.subject ? asked.blocks : [editedBlock(typed())]);
  /** At the top too: the keys below it are out of the view. */
  const headHint = () => {
    if (!selection.isSelected(approval.id) || !isWhole() || !seen.isTall()) return "";
    return seen.isSeen() ? " Enter: on to its keys" : " Enter: the next rows of it";
  };
  const note = () => {
    if (isAnswering()) return "Sending your answer…";
    if (!selection.isSelected(approval.id)) return "Tab to answer:";
    if (!isReady()) return "A moment…";
    return isWhole() && isUnseen() ? `${notShownWords()}:` : undefined;
  };

  return (
    <BarredRows color={colors.warning} isHeavy>
      <Card
        id={approval.id}
        head={[
          {
            text: questionOf(approval, askerOf(open.session, engines())),
            bold: true,
            color: "warning",
          },
          { text: headHint(), color: "warning" },
        ]}
        actions={actions()}
        note={note()}
        onSelect={(isSelected) => (isSelected ? presses.enter() : presses.leave())}
        isWrapped
        isUrgent
      >
        <box
          ref={(box) => (askedBox = box)}
          renderAfter={seen.look}
          flexDirection="column"
          flexShrink={0}
        >
          <For each={blocks()}>
            {(block, index) => <Block block={block} isNamed={index() > 0} isWhole={isWhole()} />}
          </For>
          <For each={asked.facts}>
            {(fact) => (
              <Words
                pieces={[
                  { text: "· ", color: "muted" },
                  { text: fact, exact: true },
                ]}
              />
            )}
          </For>
          <Show when={approval.asksBecause}>
            {(why) => <Words pieces={[{ text: `Asks each time: ${why()}`, color: "muted" }]} />}
          </Show>
        </box>
        <Show when={isEditing()}>
          <PlanField
            text={typed()}
            keep={(text) => {
              setTyped(text);
              closeField();
            }}
            close={closeField}
          />
        </Show>
        <Show when={isGivingReason()}>
          <LineField
            label={words.label}
            close={closeField}
            onEnter={(text) => {
              closeField();
              const message = text.trim();
              void answer({ decision: "deny", ...(message !== "" && { message }) });
            }}
          />
        </Show>
      </Card>
    </BarredRows>
  );
}

const denyWords = { deny: "deny", reason: "deny with a reason", label: "Reason for denying" };
const planWords = {
  deny: "refuse",
  reason: "refuse, and say what to change",
  label: "What to change",
};

/** What a person has typed has been read by it. */
function editedBlock(text: string): AskedText {
  return { name: "The plan as you have edited it, which is what the model gets", text };
}

/** Once, always by the narrowest rule, and the other rules by number. */
function allowActions(
  { digest, always }: Approval,
  pressed: (reply: ApprovalReply) => void,
): CardAction[] {
  const [narrowest] = always;
  const once = { key: "a", label: "allow once", run: () => pressed({ decision: "once", digest }) };
  if (narrowest === undefined) return [once];
  const more = moreWays(always)
    .slice(0, 9)
    .map(({ name, words, decision, rule }, index) => ({
      key: String(index + 1),
      label: `always: ${name} (${words.toLowerCase()})`,
      run: () => pressed({ decision, digest, rule }),
    }));
  const inSession = {
    key: "l",
    label: `always: ${coveredBy(narrowest)}`,
    run: () => pressed({ decision: "session", digest, rule: 0 }),
  };
  return [once, inSession, ...more];
}

function Block(props: { block: AskedText; isNamed: boolean; isWhole: boolean }) {
  const count = () => textLines(props.block).length;
  const size = () => (count() > 1 ? `, ${count().toLocaleString("en")} lines` : "");
  const pieces = createMemo(() => blockPieces(props.block, props.isWhole));
  return (
    <>
      <Show when={props.isNamed || count() > 1}>
        <Words
          pieces={[
            { text: props.block.name, exact: true, color: "muted" },
            { text: size(), color: "muted" },
          ]}
        />
      </Show>
      <Words pieces={pieces()} wrap="char" />
      <Show when={!props.isWhole && isFolded(props.block)}>
        <Words
          pieces={[{ text: `… ${amountOf(textLines(props.block))} in all`, color: "warning" }]}
        />
      </Show>
    </>
  );
}

function blockPieces(block: AskedText, isWhole: boolean): Piece[] {
  if ("lines" in block) {
    const shown = isWhole ? textLines(block) : beginningOf(textLines(block));
    return diffPieces(
      shown.map((text, index) => ({ ...block.lines[index]!, text })),
      true,
    );
  }
  const lines = isWhole ? textLines(block) : beginningOf(textLines(block));
  return lines.length === 1 ? [{ text: lines[0]!, exact: true }] : numbered(lines.join("\n"));
}

/** Each line with its number: a line that wraps is not taken for two. */
function numbered(text: string): Piece[] {
  const lines = visibleLines(text);
  const width = String(lines.at(-1)?.number ?? 1).length;
  const starts = text.split("\n");
  return lines.flatMap(({ number, segments }, index) => {
    const [only] = segments;
    const isBlankLines = only?.kind === "mark" && only.lines !== undefined;
    const line = isBlankLines ? "" : (starts[number - 1] ?? "");
    const end = index < lines.length - 1 ? "\n" : "";
    return [
      { text: `${String(number).padStart(width)} `, color: "muted" } as const,
      isBlankLines
        ? ({ text: `${only.text}${end}`, color: "warning" } as const)
        : { text: `${line}${end}`, exact: true },
    ];
  });
}

function isFolded(block: AskedText): boolean {
  const lines = textLines(block);
  return beginningOf(lines) !== lines;
}

function textLines(block: AskedText): string[] {
  return "lines" in block
    ? block.lines.map((line) => line.text)
    : block.text.replace(/\n$/, "").split("\n");
}
