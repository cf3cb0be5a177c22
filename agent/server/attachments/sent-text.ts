/** A text file as it goes to a model: whole where it is short, else its head and its tail. */
import { maxTextCharacters } from "../../shared/taken-files";

const tailShare = 0.25;

/** `max`: in characters. `hint`: where the rest is. Decodes UTF-8, without its byte order mark. */
export function sentText(bytes: Uint8Array, hint: string, max = maxTextCharacters): string {
  const text = new TextDecoder().decode(bytes);
  if (text.length <= max) return text;
  const tail = Math.floor(max * tailShare);
  const left = text.length - max;
  const [head, end] = [text.slice(0, max - tail), text.slice(-tail)];
  const note = `[… ${left} of ${text.length} characters are left out here${hint} …]`;
  return `${head}\n${note}\n${end}`.toWellFormed();
}
