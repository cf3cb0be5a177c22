/** What a person types behind the name of a prompt, as its arguments. */
import { expect, test } from "bun:test";
import { splitCommand } from "../client/state/split-command";
import { promptArguments } from "../shared/prompt-arguments";

const cases: [string, Record<string, string>][] = [
  ["", {}],
  ["Ada", { name: "Ada" }],
  ["Ada warm and short", { name: "Ada", tone: "warm and short" }],
  ["tone=warm Ada", { name: "Ada", tone: "warm" }],
  ['name="Ada \\"L\\" B" tone=""', { name: 'Ada "L" B', tone: "" }],
  ['"Ada B"  other=1', { name: "Ada B", tone: "other=1" }],
  ['an"open quote', { name: 'an"open', tone: "quote" }],
];
for (const [typed, values] of cases)
  test(`arguments as typed: ${typed || "none"}`, () => {
    expect(promptArguments(typed, ["name", "tone"])).toEqual(values);
  });

test("without arguments there are none, and a name that is one of every object is an ordinary one", () => {
  expect(promptArguments("a b", [])).toEqual({});
  const values = promptArguments("__proto__=x", ["__proto__"]);
  expect(Object.entries(values)).toEqual([["__proto__", "x"]]);
});

test("a million characters of quotes are read at once", () => {
  for (const piece of ['"\\', '" ', "a=", "\\"]) {
    const typed = piece.repeat(500_000);
    expect(Object.keys(promptArguments(typed, ["name"]))).toEqual(["name"]);
  }
});

test("the name of a prompt ends at white space, and a path or an address is no command", () => {
  expect(splitCommand("/my-server:greet/it Ada B")).toEqual({
    name: "my-server:greet/it",
    argument: "Ada B",
  });
  expect(splitCommand("/usr/lib:x").name).toBe("");
  expect(splitCommand("http://a:1").name).toBe("");
});
