/** A failed request that will be sent again: why it failed and when the next attempt starts. */
import type { Retry } from "../../shared/protocol";
import { createNow } from "../state/clock";

export function RetryLine(props: { retry: Retry }) {
  const now = createNow();
  const seconds = () => Math.max(0, Math.ceil((props.retry.at - now()) / 1000));
  return (
    <p class="retry" data-testid="retry">
      <span class="spinner" aria-hidden="true" />
      <span>
        {props.retry.error.message} Trying again {seconds() === 0 ? "now" : `in ${seconds()} s`} (
        {props.retry.attempt} of {props.retry.of}).
      </span>
    </p>
  );
}
