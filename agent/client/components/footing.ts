/** What the line below the input says while nothing else is to be said there. */
import type { Session } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import { hasKeyboard } from "../hardware-keyboard";
import { answerKeys } from "../state/approval-keys";
import { limitWords } from "../state/limit-words";
import type { OpenSession } from "../state/open-session";
import { isAsking, pauseWords } from "../state/run-words";
import { waitingApprovals } from "../state/waiting-approvals";

export function footing(open: OpenSession): string {
  const held = open.stage() === "running" ? open.control.pauseState() : undefined;
  if (open.confirmation.isAsking())
    return hasKeyboard() ? t("Escape again, or Enter, stops it.") : t("Stop again stops it.");
  // The question above says it.
  if (activeRun(open.session)?.pause?.reached) return hasKeyboard() ? t("Escape stops it.") : "";
  if (held !== undefined)
    return `${pauseWords(open.session, held)}${hasKeyboard() ? ` ${t("Escape stops it.")}` : ""}`;
  const near = activeRun(open.session)?.near;
  if (near !== undefined) return limitWords(near, "near");
  if (isAsking(open))
    return hasKeyboard() ? answeredByKeys(open.session) : t("Waiting for your answer above.");
  return hasKeyboard() && open.stage() === "idle"
    ? t("Enter sends, Shift + Enter makes a new line, / is a command, ? shows the keys.")
    : "";
}

/** Tab goes to the first that waits. */
function answeredByKeys(session: Session): string {
  const isPlan = waitingApprovals(session)[0]?.kind === "plan";
  return isPlan
    ? t(
        "Waiting for your answer: Tab goes there, {once} approves it, {deny} refuses it.",
        answerKeys,
      )
    : t("Waiting for your answer: Tab goes there, {once} allows once, {deny} denies.", answerKeys);
}
