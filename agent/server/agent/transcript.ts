/** A conversation as plain text of bounded length, for the model that sums it up. */
import { describeFile } from "../../shared/taken-files";
import { markText, stateOf } from "../../shared/message-parts";
import { interruptionText, type Message, type Part } from "../../shared/protocol";

/** Longer input and output of tools keeps its beginning and its end. */
const maxToolCharacters = 2000;

/** No message takes more than this share of the room, so that the first and the newest always fit. */
const messageShare = 0.25;

/** Oldest first. When it would be longer than `maxCharacters`, messages after the first are left out, with a note. */
export function transcript(messages: Message[], maxCharacters: number): string {
  const [first = "", ...rest] = messages
    .map(entryOf)
    .filter((entry) => entry !== "")
    .map((entry) => cut(entry, Math.floor(maxCharacters * messageShare)));
  let room = maxCharacters - first.length;
  let from = rest.length;
  while (from > 0 && rest[from - 1]!.length <= room) room -= rest[--from]!.length;
  const gap = from === 0 ? [] : [`[… ${from} messages are left out here …]`];
  return [first, ...gap, ...rest.slice(from)].join("\n\n");
}

function entryOf({ role, parts, note = "" }: Message): string {
  const texts = [note, ...parts.map(partText)].filter((text) => text !== "");
  if (texts.length === 0) return "";
  return `${role === "user" ? "User" : "Assistant"}:\n${texts.join("\n")}`;
}

function partText(part: Part): string {
  switch (part.type) {
    case "text":
      return part.text.trim();
    case "reasoning":
      return "";
    case "file":
      return `[${describeFile(part)}]`;
    case "other":
      return `(${[part.name, part.text].filter(Boolean).join(": ")})`;
    case "plan":
      return part.entries.map(({ text, state }) => `- ${text} (${state})`).join("\n");
    case "interruption":
      return markText(part);
    case "tool-call": {
      // A plan that a person has read is what they agreed to.
      const most = part.approval?.kind === "plan" ? Infinity : maxToolCharacters;
      const input = part.input === undefined ? part.inputText : JSON.stringify(part.input);
      const ending = [part.error, part.stop && interruptionText(part.stop.by)].filter(Boolean);
      const about = [part.name, part.title, cut(input, most)].filter(Boolean).join(" ");
      return [`(${about}: ${stateOf(part)})`, cut(part.output.trim(), most), ...ending]
        .filter((line) => line !== "")
        .join("\n");
    }
  }
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const half = Math.floor(max / 2);
  return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters …]\n${text.slice(-half)}`;
}
