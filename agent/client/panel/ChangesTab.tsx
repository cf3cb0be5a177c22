/** What has changed, as a review: of this session or of the working tree, hunk by hunk, and the commit of it. */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { ReviewOf } from "../../shared/protocol";
import { textInWords } from "../../shared/sentences";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { IconButton } from "../components/IconButton";
import { Segments } from "../components/Segments";
import { Spinner } from "../components/Spinner";
import { tr } from "../components/tr";
import { VisibleText } from "../components/VisibleText";
import { useClient } from "../state/client";
import { host } from "../state/host";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import styles from "./Changes.module.css";
import { CommitBox } from "./CommitBox";
import { createReview, type Reverted, type ReviewState } from "./review-state";
import { ReviewedFile } from "./ReviewedFile";

const ofName = "rein.side.of";
const splitName = "rein.side.split";

export function ChangesTab(props: { open: OpenSession }) {
  const client = useClient();
  const [of, setOf] = createSignal<ReviewOf>(
    host().windowStorage().getItem(ofName) === "tree" ? "tree" : "session",
  );
  const [isSplit, setSplit] = createSignal(host().sharedStorage().getItem(splitName) === "on");
  const review = createReview(client, props.open, of);
  /** Of the working tree: paths that the commit leaves out. */
  const [leftOut, setLeftOut] = createSignal<readonly string[]>([]);
  const files = () => review.answer()?.files ?? [];
  /** A file that is still there stays as it is drawn: a comment may be being written in it. */
  const byPath = createMemo(() => new Map(files().map((file) => [file.path, file])));

  function choose(chosen: ReviewOf): void {
    setOf(chosen);
    host().windowStorage().setItem(ofName, chosen);
  }

  function split(isWanted: boolean): void {
    setSplit(isWanted);
    host()
      .sharedStorage()
      .setItem(splitName, isWanted ? "on" : "off");
  }

  return (
    <div class={styles.changes} data-testid="changes">
      <div class={styles.head}>
        <Segments
          label={t("Changes of")}
          choices={[
            { id: "session", name: t("This session") },
            { id: "tree", name: t("Working tree") },
          ]}
          chosen={of()}
          choose={choose}
        />
        <span class={styles.tools}>
          <IconButton
            icon="split"
            label={t("Side by side")}
            aria-pressed={isSplit()}
            onClick={() => split(!isSplit())}
          />
          <IconButton icon="retry" label={t("Read again")} onClick={review.read} />
        </span>
      </div>
      <Show when={review.problem()}>
        {(problem) => (
          <p class={`${styles.note} ${text.problem}`} role="alert">
            <VisibleText text={problem()} />
          </p>
        )}
      </Show>
      <Show
        when={props.open.id() !== undefined}
        fallback={
          <p class={`${styles.note} ${text.muted}`}>
            {t("The changes appear here once the session has begun.")}
          </p>
        }
      >
        <Show when={review.answer() === undefined && review.isLoading()}>
          <p class={styles.note}>
            <Spinner />
          </p>
        </Show>
        <Show when={review.answer()}>
          {(answer) => (
            <>
              <p class={`${styles.note} ${text.muted}`} role="status">
                <Summary review={review} of={of()} />
              </p>
              <LastRevert review={review} />
              <For each={answer().unseen}>
                {(sentence) => (
                  <p class={`${styles.note} ${text.note}`}>
                    <VisibleText text={textInWords(sentence)} />
                  </p>
                )}
              </For>
              <For each={[...byPath().keys()]}>
                {(path) => (
                  <Show when={byPath().get(path)}>
                    {(file) => (
                      <ReviewedFile
                        file={file()}
                        review={review}
                        isSplit={isSplit()}
                        isTaken={
                          of() === "tree" && answer().repository
                            ? !leftOut().includes(path)
                            : undefined
                        }
                        take={(isTaken) =>
                          setLeftOut((all) =>
                            isTaken ? all.filter((one) => one !== path) : [...all, path],
                          )
                        }
                      />
                    )}
                  </Show>
                )}
              </For>
              <Show when={answer().left > 0}>
                <p class={`${styles.note} ${text.muted}`}>
                  {tn(
                    answer().left,
                    "{count} more file has changed and is not shown",
                    "{count} more files have changed and are not shown",
                  )}
                </p>
              </Show>
              <Show when={of() === "tree" && answer().repository}>
                {(repository) => (
                  <CommitBox
                    open={props.open}
                    repository={repository()}
                    onDone={review.read}
                    files={files().filter(({ path }) => !leftOut().includes(path))}
                  />
                )}
              </Show>
            </>
          )}
        </Show>
      </Show>
    </div>
  );
}

function Summary(props: { review: ReviewState; of: ReviewOf }) {
  const files = () => props.review.answer()?.files ?? [];
  const sum = (of: "added" | "removed") => files().reduce((all, file) => all + file[of], 0);
  const accepted = () => files().filter((file) => props.review.isAccepted(file)).length;
  return (
    <Show
      when={files().length > 0}
      fallback={
        props.of === "session"
          ? t("Nothing that this session has changed is left.")
          : t("Nothing differs from the last commit.")
      }
    >
      {tn(files().length, "{count} file changed", "{count} files changed")}{" "}
      <span class={styles.added}>+{sum("added")}</span>{" "}
      <span class={styles.removed}>−{sum("removed")}</span>
      <Show when={accepted() > 0}>
        {" · "}
        {t("{count} accepted", { count: accepted() })}
      </Show>
    </Show>
  );
}

function Path(props: { of: Reverted }) {
  return <VisibleText text={props.of.path} isName />;
}

function LastRevert(props: { review: ReviewState }) {
  return (
    <Show when={props.review.reverted()}>
      {(last) => (
        <p class={styles.reverted} role="status" data-testid="reverted">
          <span>
            {last().isWhole
              ? tr("Reverted {path}.", { path: <Path of={last()} /> })
              : tr("Reverted a part of {path}.", { path: <Path of={last()} /> })}
          </span>
          <Button size="small" onClick={props.review.takeBack}>
            {t("Undo")}
          </Button>
        </p>
      )}
    </Show>
  );
}
