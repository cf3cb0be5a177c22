/** A plan that waits for a person: drawn as Markdown or as it is written, edited, approved with what may then be done, or refused with words. */
import { createSignal, createUniqueId, For, Show, untrack } from "solid-js";
import type { Approval, ToolCallPart } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { VisibleText } from "../components/VisibleText";
import { bindLayer } from "../keys";
import { Markdown } from "../markdown/Markdown";
import { answerKeys } from "../state/approval-keys";
import { hidesSomething, planApproval, planChoices, planTitle } from "../state/plan-replies";
import text from "../styles/text-styles.module.css";
import { ApprovalForm } from "./ApprovalForm";
import { AskedBlock, isFolded } from "./AskedBlock";
import styles from "./PlanQuestion.module.css";

type View = "drawn" | "written" | "edited";

/** For one request: of another it is drawn anew. */
export function PlanQuestion(props: { part: ToolCallPart; approval: Approval }) {
  const { subject } = untrack(() => props.approval);
  const block = () => ({ name: t("The whole plan"), text: typed() });
  /** What Markdown would not show is shown. */
  const isHiding = hidesSomething(subject);
  const whole: View = isHiding ? "written" : "drawn";
  const [view, setView] = createSignal<View>(whole);
  const [typed, setTyped] = createSignal(subject);
  const [isFoldedNow, setFolded] = createSignal(isFolded(untrack(block)));
  const titleId = createUniqueId();
  const isEdited = () => typed() !== subject;
  const approval = (permissions: (typeof planChoices)[number]["permissions"]) =>
    planApproval(props.approval, permissions, typed());

  function held(): string | undefined {
    if (typed().trim() === "") return t("An empty plan cannot be approved.");
    // A field shows no mark of what is not seen.
    if (view() === "edited" && hidesSomething(typed()))
      return t("End the editing and look at it as it is written before you approve it.");
    return view() === "written" && isFoldedNow()
      ? t("Show all of it before you approve it.")
      : undefined;
  }

  return (
    <ApprovalForm
      approval={props.approval}
      once={() => approval("ask")}
      always={() => undefined}
      heldWords={held()}
      deny={{
        name: t("Refuse"),
        label: t("What to change"),
        placeholder: t("What to change (optional)"),
      }}
      allowing={(way) => (
        <For each={planChoices}>
          {(choice, index) => (
            <Button
              look={index() === 0 ? "primary" : "plain"}
              {...way.button}
              title={choice.words}
              {...(index() === 0 && { "aria-keyshortcuts": answerKeys.once })}
              onClick={() => way.answer(approval(choice.permissions))}
            >
              {choice.name}
              <Show when={index() === 0}>
                {" "}
                <KeyHint name={answerKeys.once} />
              </Show>
            </Button>
          )}
        </For>
      )}
    >
      <section class={styles.plan} aria-labelledby={titleId} data-testid="plan-question">
        <h2 id={titleId}>
          <VisibleText text={planTitle(props.part)} exact />
        </h2>
        <Show when={view() === "drawn"}>
          <div class={styles.drawn}>
            <Markdown text={typed()} streaming={false} />
          </div>
        </Show>
        <Show when={view() === "written"}>
          <Show when={isHiding}>
            <p class={text.note}>
              {t("Shown as it is written: drawn as Markdown, some of it would be hidden.")}
            </p>
          </Show>
          <AskedBlock block={block()} isNamed={false} onOpen={() => setFolded(false)} />
        </Show>
        <Show when={view() === "edited"}>
          <Editor
            text={typed()}
            write={setTyped}
            close={() => setView(hidesSomething(typed()) ? "written" : whole)}
          />
        </Show>
        <div class={styles.ways}>
          <Show
            when={view() === "edited"}
            fallback={
              <>
                <Button size="small" onClick={() => setView("edited")}>
                  {t("Edit")}
                </Button>
                <Show when={!isHiding}>
                  <Button
                    size="small"
                    onClick={() => setView(view() === "drawn" ? "written" : "drawn")}
                  >
                    {view() === "drawn" ? t("Show as written") : t("Show as Markdown")}
                  </Button>
                </Show>
              </>
            }
          >
            <Button
              size="small"
              onClick={() => setView(hidesSomething(typed()) ? "written" : whole)}
            >
              {t("Done editing")}
            </Button>
          </Show>
          <Show when={isEdited()}>
            <Button size="small" onClick={() => setTyped(subject)}>
              {t("Take the changes back")}
            </Button>
            <span class={text.note}>
              {t("You have changed it: your text is what the model gets.")}
            </span>
          </Show>
        </div>
      </section>
    </ApprovalForm>
  );
}

function Editor(props: { text: string; write: (text: string) => void; close: () => void }) {
  bindLayer(() => props.close());
  return (
    <textarea
      ref={(field) => queueMicrotask(() => field.focus())}
      class={styles.editor}
      aria-label={t("The plan")}
      rows={Math.min(24, props.text.split("\n").length + 2)}
      value={props.text}
      onInput={(event) => props.write(event.currentTarget.value)}
    />
  );
}
