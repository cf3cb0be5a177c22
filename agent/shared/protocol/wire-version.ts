/** The version of all that crosses the wire. A page that was loaded from an older server compares it, and asks to be reloaded. */

/** Raise it whenever a page of the version before could misread an event or an answer, or send a request that is refused. */
export const wireVersion = 9;

/** The header in which every answer of the API carries the version. */
export const wireHeader = "X-Rein-Wire";

/** The `Server-Timing` of the page itself, for a browser that was signed in by a version before `wireVersion` 2. */
export const updatedMark = "rein-updated";
