/** The command that Codex runs, without the shell that it puts around it: rules and people look at the command itself. */

/** Only shells that the machine's owner alone can replace: the model may name another one. */
const aroundIt = /^(?:\/usr)?\/bin\/(?:ba|da|z)?sh -l?c (?=\S)/;

/** As it is where anything else than a known shell is around it. */
export function commandIn(whole: string): string {
  const shell = aroundIt.exec(whole)?.[0];
  if (shell === undefined) return whole;
  return oneWord(whole.slice(shell.length)) ?? whole;
}

/** The single word of a shell that the text is; undefined when it is not exactly one. */
function oneWord(text: string): string | undefined {
  let word = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const piece =
      /^'([^']*)'/.exec(rest) ??
      /^"((?:[^"\\`$]|\\["\\`$])*)"/.exec(rest) ??
      /^\\([^\n])/.exec(rest) ??
      /^([\w%+,./:=@^-]+)/.exec(rest);
    if (piece === null) return undefined;
    const [found, inner = ""] = piece;
    word += found.startsWith('"') ? inner.replaceAll(/\\(["\\`$])/g, "$1") : inner;
    at += found.length;
  }
  return word;
}
