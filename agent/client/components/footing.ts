/** What the line below the input says while nothing else is to be said there. */
import type { Session } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { hasKeyboard } from "../hardware-keyboard";
import { answerKeys } from "../state/approval-keys";
import { limitWords } from "../state/limit-words";
import type { OpenSession } from "../state/open-session";
import { isAsking, pauseWords } from "../state/run-words";
import { waitingApprovals } from "../state/waiting-approvals";

export function footing(open: OpenSession): string {
  const held = open.stage() === "running" ? open.control.pauseState() : undefined;
  if (open.confirmation.isAsking())
    return hasKeyboard() ? "Escape again, or Enter, stops it." : "Stop again stops it.";
  // The question above says it.
  if (activeRun(open.session)?.pause?.reached) return hasKeyboard() ? "Escape stops it." : "";
  if (held !== undefined)
    return `${pauseWords(open.session, held)}${hasKeyboard() ? " Escape stops it." : ""}`;
  const near = activeRun(open.session)?.near;
  if (near !== undefined) return limitWords(near, "near");
  if (isAsking(open))
    return hasKeyboard() ? answeredByKeys(open.session) : "Waiting for your answer above.";
  return hasKeyboard() && open.stage() === "idle"
    ? "Enter sends, Shift + Enter makes a new line, / is a command, ? shows the keys."
    : "";
}

/** Tab goes to the first that waits. */
function answeredByKeys(session: Session): string {
  const isPlan = waitingApprovals(session)[0]?.kind === "plan";
  const [allows, denies] = isPlan ? ["approves it", "refuses it"] : ["allows once", "denies"];
  return `Waiting for your answer: Tab goes there, ${answerKeys.once} ${allows}, ${answerKeys.deny} ${denies}.`;
}
