/** What of a message is found: its text, and what its calls are about. */
import { subjectOf } from "../../shared/message-parts";
import type { StoredWords } from "../store/statements";

const mostOfCall = 500;
const mostOfMessage = 200_000;

export function textToFind(parts: readonly StoredWords[]): string {
  const texts = parts.map(({ type, text, input, title }) =>
    type === "text"
      ? (text ?? "")
      : (subjectOf({ input, ...(title && { title }) }) ?? "").slice(0, mostOfCall),
  );
  return texts
    .filter((text) => text !== "")
    .join("\n")
    .slice(0, mostOfMessage);
}
