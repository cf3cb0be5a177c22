/** What a screen reader is told of the open session, whatever covers the page: that it works, asks, pauses, stops. */
import { activeRun } from "../../shared/session-lookup";
import { visibleString } from "../../shared/visible-text";
import { t, tn } from "../../shared/translation";
import { askerOf, spokenQuestion, waitingApprovals } from "../state/waiting-approvals";
import { useClient } from "../state/client";
import { duration } from "../state/format";
import type { OpenSession } from "../state/open-session";
import { isAsking, pauseWords, undeliveredWords } from "../state/run-words";
import textStyles from "../styles/text-styles.module.css";

export function Announcement(props: { open: OpenSession }) {
  const { route, engines } = useClient();
  const words = () => {
    const pause = props.open.control.pauseState();
    if (pause !== undefined) return pauseWords(props.open.session, pause);
    const agent = visibleString(askerOf(props.open.session, engines.engines()));
    return wordsOf(props.open, agent, route.isCovered());
  };
  return (
    <p class={textStyles.unseen} role="status" aria-live="polite" data-testid="announcement">
      {words()}
    </p>
  );
}

/** The same for all attempts of a retry: its start is read aloud, not each second and each attempt. `agent`: Rein, or the engine. */
function wordsOf(open: OpenSession, agent: string, isCovered: boolean): string {
  const retry = activeRun(open.session)?.retry;
  // Escape closes what covers the page first.
  const stopWords = isCovered ? "" : ` ${t("Escape stops it.")}`;
  if (isAsking(open)) return askedNow(open, agent, isCovered);
  if (open.stage() === "stopping") return t("Stopping…");
  if (open.isUndelivered()) return undeliveredWords();
  if (open.stage() === "stopped")
    return t("Stopped in {time}.", { time: duration(open.lastStopMs() ?? 0) });
  if (open.stage() !== "running") return "";
  return retry
    ? `${visibleString(retry.error.message)} ${t("Trying again.")}${stopWords}`
    : `${t("{agent} is working.", { agent })}${stopWords}`;
}

/** With what is asked, so that the next question is read aloud too. */
function askedNow({ session }: OpenSession, agent: string, isCovered: boolean): string {
  const [first, ...others] = waitingApprovals(session);
  const keys = isCovered ? "" : ` ${t("Tab goes to the answer, Escape stops.")}`;
  if (first === undefined) return `${t("{agent} waits for your answer.", { agent })}${keys}`;
  const more =
    others.length === 0 ? "" : ` ${tn(others.length, "{count} more wait.", "{count} more wait.")}`;
  return `${spokenQuestion(first, agent, 200)}.${more}${keys}`;
}
