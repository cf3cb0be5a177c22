/** The switch between what was said in one place: ‹ 2 / 3 ›. The branch of each goes with it. */
import { onMount } from "solid-js";
import { t } from "../../shared/translation";
import { IconButton } from "../components/IconButton";
import { useOpen } from "../state/client";
import styles from "./MessageActions.module.css";

type Step = -1 | 1;

/** Where a person has switched to: the focus goes there, once it is drawn. */
let awaited: { runId: string; step: Step } | undefined;

export function PlaceSwitch(props: { runId: string }) {
  const { branch, stage } = useOpen();
  const places = () => branch.places(props.runId);
  const index = () => places().indexOf(props.runId);
  const isIdle = () => stage() === "idle" || stage() === "stopped";
  const target = (step: Step) => (isIdle() ? places()[index() + step] : undefined);
  let group!: HTMLSpanElement;

  async function show(step: Step): Promise<void> {
    const runId = target(step);
    if (runId === undefined) return;
    awaited = { runId, step };
    if (!(await branch.show(runId)) && awaited?.runId === runId) awaited = undefined;
  }

  onMount(() => {
    if (awaited?.runId !== props.runId) return;
    const button = group.querySelectorAll("button")[awaited.step === 1 ? 1 : 0];
    awaited = undefined;
    button?.focus({ preventScroll: true });
    group.scrollIntoView({ block: "nearest" });
  });
  return (
    <span
      ref={group}
      class={styles.places}
      role="group"
      aria-label={t("Said here: {index} of {count}", {
        index: index() + 1,
        count: places().length,
      })}
      data-places
      data-testid="places"
    >
      <IconButton
        size="small"
        class={styles.previous}
        icon="chevron"
        label={t("Show the one before")}
        aria-disabled={target(-1) === undefined}
        onClick={() => void show(-1)}
      />
      <span class={styles.count}>
        {index() + 1} / {places().length}
      </span>
      <IconButton
        size="small"
        icon="chevron"
        label={t("Show the next one")}
        aria-disabled={target(1) === undefined}
        onClick={() => void show(1)}
      />
    </span>
  );
}
