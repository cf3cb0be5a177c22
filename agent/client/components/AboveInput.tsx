/** What stands above the input and is not of every session: what is told before a run, what a run asks, its to-do list, and what is queued. */
import { Show } from "solid-js";
import type { OpenSession } from "../state/open-session";
import { deferred } from "./deferred";
import { AwayNotice } from "./AwayNotice";
import { CommentChips } from "./CommentChips";
import { LimitQuestion } from "./LimitQuestion";
import { PriceNotice } from "./PriceNotice";
import { ProjectNotice } from "./ProjectNotice";
import { Queue } from "./Queue";
import { StallQuestion } from "./StallQuestion";
import { TodoPanel } from "./TodoPanel";

const BranchFiles = deferred(async () => (await import("./BranchFiles")).BranchFiles);

export function AboveInput(props: { open: OpenSession }) {
  return (
    <Show when={props.open.phase() !== "missing"}>
      <AwayNotice open={props.open} />
      <PriceNotice open={props.open} />
      <ProjectNotice open={props.open} />
      <LimitQuestion open={props.open} />
      <StallQuestion open={props.open} />
      <Show when={props.open.session.todo}>
        {(todo) => <TodoPanel open={props.open} todo={todo()} />}
      </Show>
      <Show when={props.open.branch.left()}>
        {(left) => <BranchFiles open={props.open} left={left()} />}
      </Show>
      <Queue open={props.open} />
      <CommentChips open={props.open} />
    </Show>
  );
}
