/** A command's text with its arguments: where they stand, what is left of them, and what of the text is run. */
import { expect, test } from "bun:test";
import { expandCommand, type ExpandedCommand } from "../server/definitions/expand-command";

const expand = (text: string, typed: string): ExpandedCommand =>
  expandCommand(text, typed, 1_000_000)!;

test.each([
  ["fix $ARGUMENTS now", 'it "and that"', 'fix it "and that" now'],
  ["$1 then $2", "a b c d", "a then b c d"],
  ["$0 then $1", "a b c d", "a then b c d"],
  ["$2, $1", 'one "two words"', "two words, one"],
  ["$1|$2|$3", "a", "a||"],
  ["$ARGUMENTS[1] of $ARGUMENTS[0]", "a b c", "b of a"],
  ["No place.", "a b", "No place.\n\na b"],
  ["No place.", "  ", "No place."],
  ["$ARGUMENTSX and $ARGUMENTS", "a", "$ARGUMENTSX and a"],
  ["costs \\$1, not $1; $1000 stays", "2", "costs $1, not 2; $1000 stays"],
])("%j called with %j is %j", (text, typed, said) => {
  expect(expand(text, typed)).toEqual({ text: said, lines: [] });
});

test("nothing that is inserted is looked at again", () => {
  const typed = "$2 !`id` $ARGUMENTS";
  expect(expand("$ARGUMENTS", typed)).toEqual({ text: typed, lines: [] });
  expect(expand("[$1] [$2]", '"$2 !`id`" $1')).toEqual({ text: "[$2 !`id`] [$1]", lines: [] });
});

test("a line is run as it is written, and has the arguments as bash's own parameters", () => {
  const expanded = expand("Look at !`git show $1` and !`git status`.", "'; rm -rf ~' b");
  expect(expanded.text).toBe(
    "Look at [output of `git show $1`: below] and [output of `git status`: below].",
  );
  expect(expanded.lines).toEqual([
    {
      command: "git show $1",
      parameters: ["bash", "';", "rm", "-rf", "~'", "b"],
      arguments: "'; rm -rf ~' b",
    },
    { command: "git status" },
  ]);
});

test("a text that has $0 counts from there in its lines too", () => {
  const { text, lines } = expand("$0: !`echo $1`", "a b");
  expect(text).toBe("a: [output of `echo $1`: below]");
  expect(lines[0]?.parameters).toEqual(["a", "b"]);
});

test("a line stands at the beginning or after white space, outside other code, and is run once", () => {
  const { text, lines } = expand(
    "!`a` x!`b` KEY=!`c`\n!`d` !`a` ``!`e` ``\n\n```!\nf `g`\n```\n",
    "",
  );
  expect(lines.map(({ command }) => command)).toEqual(["a", "d", "f `g`"]);
  expect(text).toContain("KEY=!`c`");
  expect(text).toContain("[output of a script: below]");
});

test("a text of 64 kB that is all places takes no time", () => {
  for (const piece of ["$1 ", "!`", "\\$", "$ARGUMENTS[", "!`x` ", "${1"]) {
    const text = piece.repeat(64_000 / piece.length);
    expect(expand(text, "a b").text.length).toBeGreaterThan(10);
  }
});

test("what would be longer than a message may be is refused before it is built", () => {
  expect(expandCommand("$ARGUMENTS ".repeat(5000), "x".repeat(100_000), 1_000_000)).toBeUndefined();
  expect(expandCommand("No place", "x".repeat(20), 20)).toBeUndefined();
});
