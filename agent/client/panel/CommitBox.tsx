/** Commits the files that are chosen: with a message that the model may draft, and with the project's hooks only when that is said. */
import { createSignal, Show } from "solid-js";
import type { CommitView, ReviewFile, ReviewRepository } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { Spinner } from "../components/Spinner";
import { tr } from "../components/tr";
import { VisibleText } from "../components/VisibleText";
import { bindKey } from "../keys";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import styles from "./Changes.module.css";
import { type CommitState, createCommit } from "./commit-state";

export interface CommitBoxProps {
  open: OpenSession;
  repository: ReviewRepository;
  files: ReviewFile[];
  onDone(): void;
}

export function CommitBox(props: CommitBoxProps) {
  const client = useClient();
  const state = createCommit(client, props.open, () => props.onDone());
  const [runsHooks, setRunsHooks] = createSignal(false);
  const isAtWork = () => ["running", "stopping"].includes(props.open.stage());
  // During a run Escape stops that, and with it the commit; the request for a draft is this page's own.
  bindKey({
    key: "Escape",
    when: state.isDrafting,
    run() {
      state.stopDraft();
      if (props.open.stage() === "running") props.open.stop();
    },
  });
  bindKey({ key: "Escape", when: () => state.isRunning() && !isAtWork(), run: state.stop });
  /** Hooks of the project by their path in it. */
  const programs = () => {
    const top = `${props.open.chosen().cwd ?? ""}/`;
    const inProject = (path: string) => (path.startsWith(top) ? path.slice(top.length) : path);
    return props.repository.runs.map(inProject).join(", ");
  };
  const canCommit = () => props.files.length > 0 && state.message().trim() !== "";

  return (
    <section class={styles.commit} aria-label={t("Commit")} data-testid="commit">
      <h2>
        {props.repository.branch === undefined
          ? t("Commit")
          : tr("Commit to {branch}", { branch: <VisibleText text={props.repository.branch} /> })}
      </h2>
      <textarea
        rows="3"
        name="commit-message"
        aria-label={t("Commit message")}
        placeholder={t("What this changes, and why")}
        value={state.message()}
        onInput={(event) => state.setMessage(event.currentTarget.value)}
      />
      <Show when={props.repository.runs.length > 0}>
        <label class={styles.hooks}>
          <input
            type="checkbox"
            checked={runsHooks()}
            onChange={(event) => setRunsHooks(event.currentTarget.checked)}
          />
          <span>
            {t("Run the project’s programs:")}{" "}
            <code>
              <VisibleText text={programs()} />
            </code>
          </span>
        </label>
      </Show>
      <div class={styles.row}>
        <Show
          when={state.isDrafting()}
          fallback={
            <Button
              size="small"
              disabled={props.files.length === 0}
              onClick={() => state.draft(props.files)}
            >
              {t("Draft the message")}
            </Button>
          }
        >
          <Button size="small" look="destructive" onClick={state.stopDraft}>
            <Spinner /> {t("Stop drafting")}
          </Button>
        </Show>
        <Show
          when={state.isRunning()}
          fallback={
            <Button
              look="primary"
              disabled={!canCommit()}
              onClick={() => state.commit(props.files, runsHooks())}
            >
              {tn(props.files.length, "Commit {count} file", "Commit {count} files")}
            </Button>
          }
        >
          <Button
            look="destructive"
            disabled={state.last()?.state === "stopping"}
            onClick={state.stop}
          >
            {t("Stop the commit")}
          </Button>
        </Show>
      </div>
      <Show when={state.last()}>{(last) => <Last commit={last()} state={state} />}</Show>
    </section>
  );
}

const stateWords: Record<CommitView["state"], () => string> = {
  running: () => t("Committing…"),
  stopping: () => t("Stopping…"),
  done: () => t("Committed"),
  failed: () => t("Not committed"),
  stopped: () => t("Stopped"),
};

/** What git itself has said. */
function isInOutput({ error, output }: CommitView): boolean {
  return error !== undefined && output.includes(error.trim());
}

function Last(props: { commit: CommitView; state: CommitState }) {
  return (
    <div class={styles.last} data-state={props.commit.state} data-testid="commit-state">
      <div class={styles.row}>
        <span class={text.state} data-state={props.commit.state} role="status">
          <Show when={props.state.isRunning()}>
            <Spinner />{" "}
          </Show>
          {stateWords[props.commit.state]()}{" "}
          <Show when={props.commit.commit}>{(id) => <code>{id().slice(0, 10)}</code>}</Show>
        </span>
      </div>
      <Show when={!isInOutput(props.commit) && props.commit.error}>
        {(error) => (
          <p class={text.problem}>
            <VisibleText text={error()} />
          </p>
        )}
      </Show>
      <Show when={props.commit.output !== ""}>
        <pre tabindex="0" aria-label={t("Output of the commit")}>
          <VisibleText text={props.commit.output} />
        </pre>
      </Show>
    </div>
  );
}
