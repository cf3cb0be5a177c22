/** What is said of an engine in more than one place, in words for people: in receipts. */
import type { Receipt, ReceiptEngine } from "./protocol";
import { t, tn } from "./translation";

/** The engines of which a receipt tells: the run's own, and those of its subagents that were stopped, with their titles. */
export function enginesOf({
  engine,
  subagents,
}: Pick<Receipt, "engine" | "subagents">): { engine: ReceiptEngine; subagent?: string }[] {
  const own = engine === undefined ? [] : [{ engine }];
  return [
    ...own,
    ...subagents.flatMap(({ title, engine: one }) => (one ? { engine: one, subagent: title } : [])),
  ];
}

/** "NAME itself: 3 processes ended", of a subagent with its title; empty when it had none. */
export function engineProcessesWords(
  { name, processes }: ReceiptEngine,
  subagent?: string,
): string {
  if (processes.length === 0) return "";
  const count = processes.length;
  return subagent === undefined
    ? tn(count, "{name} itself: {count} process ended", "{name} itself: {count} processes ended", {
        name,
      })
    : tn(
        count,
        "{name} itself of “{subagent}”: {count} process ended",
        "{name} itself of “{subagent}”: {count} processes ended",
        { name, subagent },
      );
}

/** What a stop has waited for, and whose word it is that nothing is asked of the model any more. `duration`: in words. */
export function engineSentences(
  { name, idleMs, waited, connection, processes }: ReceiptEngine,
  duration: (ms: number) => string,
): string[] {
  const sentences: string[] = [];
  if (waited === "idle" && idleMs !== undefined)
    sentences.push(
      t("{name} said after {time} that it was idle.", { name, time: duration(idleMs) }),
    );
  if (waited === "time")
    sentences.push(
      t("{name} did not say that it was idle in the time it had, so it was ended.", { name }),
    );
  if (waited === "nothing")
    sentences.push(t("{name} was ended without waiting for its word.", { name }));
  if (connection === "engine") {
    const end =
      processes.length > 0
        ? t("They closed with its process.")
        : t("That they are closed is its own word.");
    sentences.push(
      `${t("{name} uses its own log-in: Rein does not see its requests to the model.", { name })} ${end}`,
    );
  }
  return sentences;
}
