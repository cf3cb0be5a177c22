/** A failed request that will be sent again: why it failed and when the next attempt starts. */
import type { Retry } from "../../shared/protocol";
import { Button } from "../components/Button";
import { Spinner } from "../components/Spinner";
import { useOpen } from "../state/client";
import { createNow } from "../state/clock";
import { Callout } from "./Callout";
import { VisibleText } from "../components/VisibleText";

export function RetryLine(props: { retry: Retry }) {
  const { control } = useOpen();
  const now = createNow();
  const seconds = () => Math.max(0, Math.ceil((props.retry.at - now()) / 1000));
  return (
    <Callout testId="retry">
      <Spinner />
      <div>
        <p>
          <VisibleText text={props.retry.error.message} /> Trying again {waitWords(seconds())}{" "}
          (attempt {props.retry.attempt} of {props.retry.of}).
        </p>
        <Button onClick={() => control.askAgain()}>Try now</Button>
      </div>
    </Callout>
  );
}

function waitWords(seconds: number): string {
  if (seconds === 0) return "now";
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} min`;
}
