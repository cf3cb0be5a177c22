/** What the faces say of the notes about a project. */
import type { MemoryLine } from "../../shared/protocol";
import { t } from "../../shared/translation";

/** What would become of it, once it is kept. */
export function proposalWords({ replaces, removes }: MemoryLine): string {
  if (removes !== undefined) return t("Would remove");
  return replaces === undefined ? t("Would add") : t("Would replace");
}

/** The most of a line. */
export const mostNoteCharacters = 300;
