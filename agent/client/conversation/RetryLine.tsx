/** A failed request that will be sent again: why it failed and when the next attempt starts. */
import type { Retry } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { Spinner } from "../components/Spinner";
import { useOpen } from "../state/client";
import { createNow } from "../state/clock";
import { retryWords } from "../state/run-words";
import { Callout } from "./Callout";
import { VisibleText } from "../components/VisibleText";

export function RetryLine(props: { retry: Retry }) {
  const { control } = useOpen();
  const now = createNow();
  return (
    <Callout testId="retry">
      <Spinner />
      <div>
        <p>
          <VisibleText text={props.retry.error.message} /> {retryWords(props.retry, now())}
        </p>
        <Button onClick={() => control.askAgain()}>{t("Try now")}</Button>
      </div>
    </Callout>
  );
}
