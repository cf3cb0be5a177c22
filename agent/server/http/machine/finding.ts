/** A finding from its sentences: in English, and so that the page can translate it. */
import { defined } from "../../../shared/defined";
import type { Finding, Sentence } from "../../../shared/protocol";
import { inWords } from "../../../shared/sentences";

/** Words that are the same in every language are a string. */
interface Parts extends Pick<Finding, "about" | "state"> {
  words: Sentence | string;
  advice?: Sentence | string | undefined;
  command?: string | undefined;
}

export function finding({ about, state, words, advice, command }: Parts): Finding {
  const said = defined({ words: translatable(words), advice: translatable(advice) });
  return {
    about,
    state,
    words: english(words),
    ...defined({ advice: advice === undefined ? undefined : english(advice), command }),
    ...(Object.keys(said).length > 0 && { said }),
  };
}

function english(words: Sentence | string): string {
  return typeof words === "string" ? words : inWords(words);
}

function translatable(words: Sentence | string | undefined): Sentence | undefined {
  return typeof words === "string" ? undefined : words;
}
