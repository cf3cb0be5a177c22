/** What a person is told while the database that several machines share does not answer. */
import type { Unshared } from "./protocol";
import { reasonWords } from "./sentences";
import { t } from "./translation";

export function unsharedTitle(): string {
  return t("The database that the machines share does not answer.");
}

/** What that means, and what the database or the network said. */
export function unsharedWords({ holds, ...why }: Unshared): string {
  const reason = reasonWords(why) ?? "";
  return holds
    ? t(
        "Runs are paused until it does, and then continue by themselves. Everything is saved on this machine. ({reason})",
        { reason },
      )
    : t(
        "Runs go on, and everything is saved on this machine. Other machines see it when the database is back. ({reason})",
        { reason },
      );
}
