/** Keeps the key of a service out of what it says. */

/** The key itself, what looks like one, what a service has shortened or masked, and the half of a key where the words were cut. */
export function hideKeys(message: string, apiKey = ""): string {
  const words = apiKey === "" ? message : message.replaceAll(patternOf(apiKey), "…");
  // From the start of a word only: from each of its letters, a long one would take minutes.
  return withoutHalf(words, apiKey)
    .replaceAll(/(?<![\w-])[\w-]*(?:\*{3,}|\w\.{3}(?=\w))[\w*-]*/g, "…")
    .replaceAll(/\b(?:sk|xai|gsk|AIza)[-_*\w]{8,}/g, "…");
}

/** A short key, such as one of a server on this machine, is also a part of words: it counts as a word of its own only. */
function patternOf(key: string): string | RegExp {
  return key.length >= 8 ? key : new RegExp(`(?<!\\w)${RegExp.escape(key)}(?!\\w)`, "g");
}

function withoutHalf(words: string, key: string): string {
  for (let length = key.length - 1; length >= shortestHalf; length--)
    if (words.endsWith(key.slice(0, length))) return `${words.slice(0, -length)}…`;
  return words;
}

/** Less of a key tells nothing, and words end so by chance. */
const shortestHalf = 4;
