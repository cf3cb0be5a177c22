/** What the person said in the branch that is shown, as an outline of the conversation. */
import { folded } from "../../shared/folded-text";
import { filesOf, textOf, typedCommand } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { labelOf } from "../../shared/taken-files";

export interface OwnMessage {
  id: string;
  /** Its beginning, in one line. */
  text: string;
  createdAt: number;
}

const maxCharacters = 200;

/** Those that have all of these words, oldest first. */
export function ownMessages(messages: readonly Message[], words: string): OwnMessage[] {
  const wanted = folded(words).split(" ").filter(Boolean);
  return messages.flatMap((message) => {
    if (message.role !== "user") return [];
    const text = spoken(message);
    if (text === "") return [];
    const searched = wanted.length > 0 ? folded(text) : "";
    if (!wanted.every((word) => searched.includes(word))) return [];
    const { id, createdAt } = message;
    return [{ id, createdAt, text: text.trim().slice(0, maxCharacters).replaceAll(/\s+/g, " ") }];
  });
}

function spoken(message: Message): string {
  const { command } = message;
  const text = command ? typedCommand(command) : textOf(message);
  return text.trim() === "" ? filesOf(message).map(labelOf).join(", ") : text;
}
