/** What a server says to people, so that a client can put it into their language. */

/** As `t` and `tn` of shared/translation.ts take it. */
export interface Sentence {
  /** In English, with names in braces: the key of the catalogues. */
  text: string;
  /** In its place where `count` of the values is 1. */
  one?: string;
  values?: Readonly<Record<string, SentenceValue>>;
}

/** Several are named one after the other. */
export type SentenceValue = string | number | Sentence | readonly SentenceValue[];
