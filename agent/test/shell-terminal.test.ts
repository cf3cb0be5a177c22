/** A command can have a terminal, and the model reads plain text all the same. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TerminalText } from "../server/tools/bash/terminal-text";
import { isAlive } from "./machine-facts";
import { ToolBench } from "./tools-bench";
import { until } from "./within";

test("a command has a terminal only when it is asked for, and the shell lasts in both", async () => {
  using bench = new ToolBench();
  const command = "test -t 0 && test -t 1 && tty >/dev/null && stty size; x=1; true";
  expect((await bench.call("bash", { command, pty: true })).text).toBe("40 120\n");
  expect((await bench.call("bash", { command: "tty; echo $x" })).text).toBe("not a tty\n1\n");
});

test("colours and rewritten lines reach the model as what they leave behind", async () => {
  using bench = new ToolBench();
  const command = String.raw`printf '\e[31mred\e[0m\n10%%\r50%%\r\e[Kdone\n'; ls --color=always -d .`;
  expect((await bench.call("bash", { command, pty: true })).text).toBe("red\ndone\n.\n");
});

test("what runs on a terminal ends with a stop, and its last line is kept though it was not finished", async () => {
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

describe("plain text is the same in whatever pieces it comes:", () => {
  const shown: Record<string, [written: string, read: string]> = {
    "line ends of a terminal": ["a\r\nb\r\n", "a\nb\n"],
    "a title, with either end": ["\x1b]0;title\x07a\x1b]2;title\x1b\\b\n", "ab\n"],
    "a link": ["\x1b]8;;https://example.org\x1b\\here\x1b]8;;\x1b\\\n", "here\n"],
    "colours of every length": ["\x1b[1;38;2;1;2;3mbold\x1b[m\x1b(B\n", "bold\n"],
    "a shorter line over a longer one": ["12345\rab\n", "ab345\n"],
    "a line erased and written anew": ["12345\x1b[2K\rab\n", "ab\n"],
    "corrections by backspace": ["helo\b\blp\n", "help\n"],
    "a bell, and a shift": ["a\x07b\x0e\x0fc\n", "abc\n"],
    "tabs and letters of other scripts": ["\t日本\rX\n", "X日本\n"],
    "a line that is not finished": ["a\nb\x1b[0m", "a\nb"],
  };
  for (const [name, [written, read]] of Object.entries(shown))
    test(name, () => {
      expect(plain([written])).toBe(read);
      expect(plain(written.split(""))).toBe(read);
    });

  test("a line without an end is passed on in time", () => {
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
