/** The completions of `rein`, asked of the shells themselves: each that is installed. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandProgram } from "./command-line";
import { temporaryDirectory } from "./temporary-directory";

/** What it writes, in this directory. */
function output(command: string[], cwd: string): string {
  const { PATH } = process.env;
  const ran = Bun.spawnSync(command, { cwd, env: { PATH, HOME: cwd, TERM: "xterm" } });
  expect(ran.stderr.toString()).toBe("");
  return ran.stdout.toString();
}

/** The words that complete the line, sorted. */
type Complete = (script: string, line: string, cwd: string) => string[];

function sortedWords(text: string): string[] {
  return text.split(/\s+/).filter(Boolean).toSorted();
}

const inBash: Complete = (script, line, cwd) => {
  const words = line.split(" ");
  const asked = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}`;
  return sortedWords(
    output(["bash", "-c", `${script}\n${asked}\n_rein; echo "\${COMPREPLY[@]}"`], cwd),
  );
};

const inFish: Complete = (script, line, cwd) => {
  const file = join(cwd, "script.fish");
  writeFileSync(file, script);
  const rows = output(["fish", "--no-config", "-c", `source ${file}; complete -C '${line}'`], cwd);
  return rows
    .split("\n")
    .map((row) => row.split("\t")[0]!.replace(/\/$/, ""))
    .filter(Boolean)
    .toSorted();
};

describe.each([
  ["bash", inBash],
  ["fish", inFish],
])("the completions of %s", (shell, complete) => {
  test.skipIf(Bun.which(shell) === null)("complete commands, flags and their values", () => {
    using directory = temporaryDirectory();
    const cwd = directory.path;
    mkdirSync(join(cwd, "folder"));
    const script = output([process.execPath, commandProgram, "completions", shell], cwd);
    const words = (line: string) => complete(script, line, cwd);
    expect(words("rein sto")).toEqual(["stop", "stops"]);
    expect(words("rein --server http://localhost sto")).toEqual(["stop", "stops"]);
    expect(words("rein stop --h")).toEqual(["--hard", "--help"]);
    expect(words("rein --json --model sto --perm")).toEqual(["--permissions"]);
    expect(words("rein completions ")).toEqual(expect.arrayContaining(["bash", "fish", "zsh"]));
    expect(words("rein --permissions ")).toEqual(["all", "ask", "edits", "plan"]);
    expect(words("rein project al")).toEqual(["allow"]);
    expect(words("rein schedules --missed ")).toEqual(["once", "skip"]);
    expect(words("rein --model ")).toEqual([]);
    expect(words("rein --cwd fo")).toEqual(["folder"]);
    expect(words("rein -p sto")).toEqual([]);
    expect(words("rein -p --mod")).toEqual(["--model"]);
  });
});

/** The lines after Tab, of an interactive shell in a terminal: zsh completes nowhere else. */
function completedByZsh(script: string, lines: string[], cwd: string): string[] {
  writeFileSync(join(cwd, "script.zsh"), script);
  const setUp = [
    "source ./script.zsh",
    "show() { print -r -- $BUFFER >> ./shown; zle -I; print sho''wn; BUFFER=; }",
    "zle -N show; bindkey '^G' show; bindkey '^I' complete-word; print rea''dy",
  ];
  writeFileSync(join(cwd, "set-up.zsh"), setUp.join("\n"));
  const drive = [
    "zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'source ./set-up.zsh'; zpty -r z seen '*ready*'",
    ...lines.map((line) => `zpty -w -n z $'${line}\\t\\a'; zpty -r z seen '*shown*'`),
    "zpty -d z",
  ];
  output(["zsh", "-f", "-c", drive.join("\n")], cwd);
  return readFileSync(join(cwd, "shown"), "utf8").trimEnd().split("\n");
}

test.skipIf(Bun.which("zsh") === null)("zsh completes commands, flags and their values", () => {
  using directory = temporaryDirectory();
  const cwd = directory.path;
  mkdirSync(join(cwd, "folder"));
  const script = output([process.execPath, commandProgram, "completions", "zsh"], cwd);
  const lines = {
    "rein sess": "rein sessions ",
    "rein --server http://localhost sess": "rein --server http://localhost sessions ",
    "rein stop --ha": "rein stop --hard ",
    "rein completions fi": "rein completions fish ",
    "rein --permissions ed": "rein --permissions edits ",
    "rein --cwd fo": "rein --cwd folder ",
    "rein --model fo": "rein --model fo",
  };
  const shown = completedByZsh(script, Object.keys(lines), cwd);
  expect(shown).toEqual(Object.values(lines));
});
