/** Sentences of the server, which are sent as they are made: in English, and again so that the page can translate them. */
import type { Sentence, SentenceValue } from "./protocol";
import { languageId, t, tn } from "./translation";

/** The text must be written where this is called, as for `t`: the check of the words finds it there. */
export function sentence(text: string, values?: Sentence["values"]): Sentence {
  return values === undefined ? { text } : { text, values };
}

/** As `tn`. */
export function countSentence(
  count: number,
  one: string,
  many: string,
  values?: Sentence["values"],
): Sentence {
  return { text: many, one, values: { ...values, count } };
}

/** Of a sentence without values, which is sent and stored as its text alone. Any other text stays as it is. */
export function textInWords(text: string): string {
  return inWords({ text });
}

/** In the language that is chosen; on a server, where none is, in English. */
export function inWords({ text, one, values = {} }: Sentence): string {
  const words = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, valueWords(value)]),
  );
  const { count } = values;
  return one !== undefined && typeof count === "number"
    ? tn(count, one, text, words)
    : t(text, words);
}

function valueWords(value: SentenceValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return value.toLocaleString(languageId());
  return "text" in value ? inWords(value) : value.map(valueWords).join(", ");
}

/** Why something is so: `reason` in English, `said` for a client to translate. */
export interface Reason {
  reason: string;
  said?: Sentence;
}

export function reasonOf(said: Sentence): Reason {
  return { reason: inWords(said), said };
}

/** In the language that is chosen, where the server has sent it so. */
export function reasonWords({ reason, said }: Partial<Reason>): string | undefined {
  return said === undefined ? reason : inWords(said);
}
