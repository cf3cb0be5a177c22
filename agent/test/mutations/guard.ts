/** The type of a guard: a few characters of code that keep a promise, and the tests that must fail without them. */

export interface Guard {
  /** What users can rely on, as a sentence. */
  promise: string;
  /** Below agent/. */
  file: string;
  /** Occurs exactly once in the file. Short and stable: it outlives changes around it. */
  find: string;
  /** The text that replaces `find` to break the guard. It must still be valid TypeScript. */
  replace: string;
  /** Test files below agent/test/, at least one of which must fail. */
  tests: string[];
  /** Runs only the tests whose title matches this regular expression. */
  title?: string;
}
