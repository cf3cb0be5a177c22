/** Mentions are found where they are meant, in time that is linear in the length of the text. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { maxMentions, mentionOfPath, mentionsIn, mentionWordAt } from "../shared/mentions";

/** The paths that each mention could mean, as they are tried. */
function pathsIn(text: string): string[][] {
  return mentionsIn(text).map(({ readings }) =>
    readings.flatMap(({ target }) => {
      if (target.kind !== "path") return [];
      const { path, lines } = target;
      return [lines ? `${path} ${lines.from}-${lines.to}` : path];
    }),
  );
}

test("a mention begins the text, or follows white space or an opening bracket", () => {
  expect(pathsIn("@a (@b [@c\n@d\t@e/")).toEqual([["a"], ["b"], ["c"], ["d"], ["e/"]]);
  expect(pathsIn("me@example.org a/@b '@c' @ @@")).toEqual([["@"]]);
});

test("line ranges, quotes, sessions, agents and resources", () => {
  expect(pathsIn("@a.ts:10-20")).toEqual([["a.ts:10-20", "a.ts 10-20"]]);
  expect(pathsIn("@a.ts:7")).toEqual([["a.ts:7", "a.ts 7-7"]]);
  expect(pathsIn('@"my file.ts":20-10 @"a\\nb" @"C:\\x"')).toEqual([
    ["my file.ts 10-20"],
    ["a\nb"],
    ["C:\\x"],
  ]);
  const targets = mentionsIn("@session:abc_1 @agent:researcher @all:demo://x/1").map(
    ({ readings }) => readings[0]?.target,
  );
  expect(targets).toEqual([
    { kind: "session", id: "abc_1" },
    { kind: "agent", name: "researcher" },
    { kind: "resource", server: "all", uri: "demo://x/1" },
  ]);
});

test("the punctuation of a sentence is tried as a part of the path first, then without it", () => {
  expect(pathsIn("See @a(1).")).toEqual([["a(1).", "a(1)", "a(1"]]);
  expect(pathsIn("@a:3, @b")).toEqual([["a:3,", "a:3", "a 3-3"], ["b"]]);
});

test("there is no mention in code", () => {
  expect(mentionsIn("`@a` ``x ` @b`` \n```ts\n@c\n```\n~~~\n@d\n```\n@e")).toEqual([]);
  expect(pathsIn("a ` stray\n\n@a ` @b")).toEqual([["a"], ["b"]]);
  expect(pathsIn("```ts\n@a\n````\n@b")).toEqual([["b"]]);
});

test("a path is found again in the mention that is made of it, whatever its name is", () => {
  const hostile = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });
  const marked = fc
    .array(fc.constantFrom('"', "\\", "`", "\n", "\u202e", ":1", "session:", "@", " ", ".", "a/"))
    .map((pieces) => `x${pieces.join("")}`);
  fc.assert(
    fc.property(fc.oneof(hostile, marked), fc.constantFrom("", "Look at ", "("), (path, before) => {
      const text = `${before}${mentionOfPath(path)} now`;
      expect(pathsIn(text)[0]?.[0]).toBe(path);
      expect(text).not.toMatch(/[\u202a-\u202e\n]/);
    }),
  );
});

test("any text is read, each mention is in its place, and there is an end to them", () => {
  const pieces = fc.array(
    fc.oneof(fc.constantFrom("@", "`", "```\n", "\n", '"', "\\", " ", "a", ":1", "("), fc.string()),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join("");
      for (const { at, readings } of mentionsIn(text))
        for (const reading of readings) expect(text.startsWith(`@${reading.text}`, at)).toBe(true);
    }),
  );
  expect(mentionsIn("@a ".repeat(1000)).length).toBe(maxMentions);
});

test("hostile texts of a megabyte are read", () => {
  const length = 1_000_000;
  const runs = Array.from({ length: 1400 }, (_, index) => "`".repeat(index + 1)).join(" ");
  for (const piece of ["`", "@", ' @"', " @", '@"\\', "```\n", "` ", "(@(", " ` \n", "~~~"])
    mentionsIn(piece.repeat(length / piece.length));
  expect(mentionsIn(`${runs} @a`).length).toBe(1);
});

test("the word that the cursor is in", () => {
  expect(mentionWordAt("see @src/a", "pp.ts and")).toEqual({
    before: "src/a",
    query: "src/a",
    rest: "pp.ts",
  });
  expect(mentionWordAt('@"my fi', 'le" x')).toEqual({
    before: '"my fi',
    query: "my fi",
    rest: 'le"',
  });
  expect(mentionWordAt("me@exam", "")).toBeUndefined();
  expect(mentionWordAt("@a b", "")).toBeUndefined();
});
