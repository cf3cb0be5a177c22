/** The beginning of a text that the server keeps, by its path: a file of a message, the output of a tool. */
import { api } from "./api-client";

/** In bytes. */
export const mostShown = 200_000;

export interface TextBeginning {
  text: string;
  /** There is more of it. */
  isCut: boolean;
}

/** Reads no more than it gives: the connection of a long one is closed. Throws an ApiError, or the signal's reason. */
export async function loadTextBeginning(path: string, signal: AbortSignal): Promise<TextBeginning> {
  const response = await api.download(path, signal);
  if (response.body === null) return { text: "", isCut: false };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let room = mostShown; ;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isCut: false };
    // A character that the bound cuts in two is left out.
    text += decoder.decode(value.subarray(0, room), { stream: true });
    if (value.length > room) {
      // The rest is not wanted; that it cannot be read any more is no failure.
      reader.cancel().catch(() => {});
      return { text, isCut: true };
    }
    room -= value.length;
  }
}
