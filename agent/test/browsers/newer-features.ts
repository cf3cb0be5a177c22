/** What Chromium 125, Firefox 128 or Safari 17.5 lacks: the page names none of it, and runs where none of it is. */

/** As scripts name it. What the client's own code may use is held by its tsconfig; here it is what packages bring. */
export const newerInScripts = new RegExp(
  [
    String.raw`Symbol\.(?:async)?[dD]ispose\b|DisposableStack|SuppressedError`,
    String.raw`\bIterator\.(?:from|prototype|concat|zip)|\bTemporal\.\w`,
    String.raw`Promise\.try\(|RegExp\.escape|Error\.isError|Math\.sumPrecise|getOrInsert|fromBase64\(|\.toBase64\(`,
    String.raw`ReadableStream\.from|requestIdleCallback|\bscheduler\.(?:yield|postTask)`,
    String.raw`startViewTransition|moveBefore|CloseWatcher|URLPattern|requestClose|caretPositionFromPoint`,
  ].join("|"),
  "g",
);

/** As style sheets name it, where the page would look or act wrong without. */
export const newerInStyles =
  /field-sizing|anchor-name|position-anchor|position-area|@scope|calc-size|sibling-index|::details-content|text-box/g;

/**
 * Runs in the page, before its own scripts: takes away what the oldest browsers do not have. Symbol.dispose cannot be
 * taken away; WebKit has none.
 */
export function hideNewer(): void {
  const hide = (owner: object, ...names: PropertyKey[]) => {
    for (const name of names) Reflect.deleteProperty(owner, name);
  };
  hide(globalThis, "DisposableStack", "AsyncDisposableStack", "SuppressedError", "Iterator");
  hide(globalThis, "Temporal", "requestIdleCallback", "cancelIdleCallback", "scheduler");
  hide(globalThis, "CloseWatcher", "URLPattern", "navigation", "cookieStore", "Float16Array");
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object;
  hide(iterator, "map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach");
  hide(iterator, "some", "every", "find");
  hide(Promise, "try");
  hide(RegExp, "escape");
  hide(Error, "isError");
  hide(Math, "sumPrecise", "f16round");
  hide(Uint8Array, "fromBase64", "fromHex");
  hide(Uint8Array.prototype, "toBase64", "toHex", "setFromBase64");
  for (const keyed of [Map, WeakMap]) hide(keyed.prototype, "getOrInsert", "getOrInsertComputed");
  hide(ReadableStream, "from");
  hide(ReadableStream.prototype, "values", Symbol.asyncIterator);
  hide(Document.prototype, "startViewTransition", "caretPositionFromPoint");
  hide(Element.prototype, "moveBefore", "setHTML");
  hide(HTMLDialogElement.prototype, "requestClose", "closedBy");
  hide(Response.prototype, "bytes");
  hide(Blob.prototype, "bytes");
}
