/** Commands as far as rules understand them: which are one simple command, and which prefixes an "always" may offer. */

/** The words of one simple command that means itself: nothing in it is special to a shell. Undefined for any other. */
export function simpleWords(command: string): string[] | undefined {
  return /^[\w./+-]+( [\w./:@+,=-]+)*$/.test(command) ? command.split(" ") : undefined;
}

/** Whether the command is simple and begins with these words; what follows are names and paths inside, and no options. */
export function extendsPrefix(command: string, prefix: string): boolean {
  const words = simpleWords(command);
  const first = simpleWords(prefix);
  if (words === undefined || first === undefined || !startsWith(words, first)) return false;
  return words.slice(first.length).every(isPlainOperand);
}

/** Options can run other programs and write elsewhere, and so can assignments. */
function isPlainOperand(word: string): boolean {
  return !/^[-/]|=|(^|\/)\.\.(\/|$)/.test(word);
}

/**
 * Whether a part of the command plainly begins with these words: also quoted, by its path, after an assignment, or under
 * a program that runs its arguments. For refusing, not for allowing.
 */
export function mentionsPrefix(command: string, prefix: string): boolean {
  const wanted = wordsIn(prefix);
  return command.split(/[\n\r;&|(){}`<>]+/).some((part) => {
    const words = wordsIn(part);
    const start = words.findIndex((word) => !/^-|=/.test(word) && !runsItsArguments.has(word));
    return [0, Math.max(start, 0)].some((at) => startsWith(words.slice(at), wanted));
  });
}

function wordsIn(text: string): string[] {
  const words = text
    .replaceAll(/["'\\$]/g, "")
    .split(/\s+/)
    .filter(Boolean);
  return words.map((word) => (/^-|=/.test(word) ? word : word.replace(/^.*\/(?=.)/, "")));
}

function startsWith(words: string[], first: string[]): boolean {
  return first.length > 0 && first.every((word, index) => words[index] === word);
}

/** The prefix of this command that an "always" may offer. None of a program whose names and paths are programs to run. */
export function offeredPrefix(command: string): string | undefined {
  const words = simpleWords(command);
  if (words === undefined) return undefined;
  const [program = "", verb = "", name = ""] = words;
  const verbs = Object.hasOwn(offeredVerbs, program) ? offeredVerbs[program] : undefined;
  if (verbs === undefined || !verbs.includes(verb)) return undefined;
  const prefix = verb === "run" ? [program, verb, name] : [program, verb];
  if (verb === "run" && !/^[a-z][\w:-]*$/i.test(name)) return undefined;
  return extendsPrefix(command, prefix.join(" ")) ? prefix.join(" ") : command;
}

/** Programs and their first words. Others are offered as the exact command. */
export const offeredVerbs: Readonly<Record<string, readonly string[]>> = {
  npm: ["test", "run"],
  pnpm: ["test", "run"],
  yarn: ["test", "run"],
  bun: ["test", "run"],
  cargo: ["build", "check", "clippy", "fmt", "test"],
  go: ["build", "test", "vet"],
  git: ["add", "blame", "diff", "log", "show", "status"],
};

/** A prefix of one of these would allow any command. */
export const runsItsArguments: ReadonlySet<string> = new Set(
  (
    "sh bash dash zsh fish ksh csh tcsh busybox python python2 python3 node nodejs deno perl ruby php lua tclsh osascript " +
    "awk gawk mawk sed ed vi vim nvim emacs env sudo su doas xargs parallel find fd time timeout nice nohup ionice stdbuf " +
    "setsid setpriv unshare nsenter chroot script expect watch entr flock strace ltrace gdb ssh scp rsync nc ncat socat " +
    "docker podman kubectl systemd-run at batch crontab make gmake just npx bunx uvx pipx tsx ts-node eval exec source . " +
    "command builtin coproc trap curl wget tar zip dd tee cp mv ln install bwrap " +
    "if then else elif while until do !"
  ).split(" "),
);
