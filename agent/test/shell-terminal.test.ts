/** A command can have a terminal, and its output is still plain text. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TerminalText } from "../server/tools/bash/terminal-text";
import { isAlive } from "./machine-facts";
import { ToolBench } from "./tools-bench";
import { until } from "./within";

test("a command has a terminal only on request, and the shell persists with and without one", async () => {
  using bench = new ToolBench();
  const command = "test -t 0 && test -t 1 && tty >/dev/null && stty size; x=1; true";
  expect((await bench.call("bash", { command, pty: true })).text).toBe("40 120\n");
  expect((await bench.call("bash", { command: "tty; echo $x" })).text).toBe("not a tty\n1\n");
});

test("colours are removed, and rewritten lines are shown in their last state", async () => {
  using bench = new ToolBench();
  const command = String.raw`printf '\e[31mred\e[0m\n10%%\r50%%\r\e[Kdone\n'; ls --color=always -d .`;
  expect((await bench.call("bash", { command, pty: true })).text).toBe("red\ndone\n.\n");
});

test("a stop ends a command on a terminal, and its unfinished last line is kept", async () => {
  using bench = new ToolBench();
  const command = "sleep 300 & echo pid $!; printf 'Password: '; touch asked; sleep 300";
  const failure = bench.failure("bash", { command, pty: true });
  await until(() => existsSync(join(bench.cwd, "asked")) && /pid \d+\n/.test(bench.shown));
  const pid = Number(bench.shown.match(/pid (\d+)/)![1]);
  bench.controller.abort("the reason");
  expect(await failure).toBe("the reason");
  expect(isAlive(pid)).toBe(false);
  expect(bench.shown).toBe(`pid ${pid}\nPassword: `);
});

describe("the plain text does not depend on how the terminal's output is split", () => {
  const shown: Record<string, [written: string, read: string]> = {
    "with line ends of a terminal": ["a\r\nb\r\n", "a\nb\n"],
    "with a title, in both terminations": ["\x1b]0;title\x07a\x1b]2;title\x1b\\b\n", "ab\n"],
    "with a link": ["\x1b]8;;https://example.org\x1b\\here\x1b]8;;\x1b\\\n", "here\n"],
    "with colours of every length": ["\x1b[1;38;2;1;2;3mbold\x1b[m\x1b(B\n", "bold\n"],
    "with a shorter line over a longer one": ["12345\rab\n", "ab345\n"],
    "with a line that is erased and rewritten": ["12345\x1b[2K\rab\n", "ab\n"],
    "with corrections by backspace": ["helo\b\blp\n", "help\n"],
    "with a bell and a shift": ["a\x07b\x0e\x0fc\n", "abc\n"],
    "with tabs and letters of other scripts": ["\t日本\rX\n", "X日本\n"],
    "with a line that is not finished": ["a\nb\x1b[0m", "a\nb"],
  };
  for (const [name, [written, read]] of Object.entries(shown))
    test(name, () => {
      expect(plain([written])).toBe(read);
      expect(plain(written.split(""))).toBe(read);
    });

  test("a line that does not end is shown after 100,000 characters", () => {
    let text = "";
    const terminal = new TerminalText((piece) => (text += piece));
    terminal.write("x".repeat(100_001));
    expect(text.length).toBe(100_001);
  });
});

function plain(pieces: string[]): string {
  let text = "";
  const terminal = new TerminalText((piece) => (text += piece));
  for (const piece of pieces) terminal.write(piece);
  terminal.end();
  return text;
}
