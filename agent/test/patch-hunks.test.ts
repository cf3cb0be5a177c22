/** Any hunks on any lines: where they are placed, or that they are refused, by a slow search that tries all places. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { applyHunks } from "../server/tools/files/patch/apply-hunks";
import { SearchEffort } from "../server/tools/files/patch/find-lines";
import { type Hunk, parsePatch } from "../server/tools/files/patch/parse-patch";
import { ToolError } from "../server/tools/tool";

const line = fc.constantFrom("a", "b", "c", " a", "a ", "“a”", "a: b");
const hunkLine = fc.record({ kind: fc.constantFrom("same", "removed", "added"), text: line });
const hunks = fc.array(
  fc.record({
    anchors: fc.array(line, { maxLength: 1 }),
    lines: fc.array(hunkLine, { minLength: 1, maxLength: 3 }),
    isAtEnd: fc.constant(false),
  }),
  { minLength: 1, maxLength: 3 },
);

test("every patch does what one does that tries all places, one by one", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), hunks as fc.Arbitrary<Hunk[]>, (file, all) => {
      const text = file.map((one) => `${one}\n`).join("");
      expect(applied(text, all)).toBe(naive(file, all));
    }),
    { numRuns: 3000 },
  );
});

test("a patch reads the same as it was written", () => {
  fc.assert(
    fc.property(hunks as fc.Arbitrary<Hunk[]>, (all) => {
      const signs = { same: " ", removed: "-", added: "+" };
      const lines = all.flatMap(({ anchors, lines }) => [
        "@@",
        ...anchors.map((anchor) => `@@ ${anchor}`),
        ...lines.map(({ kind, text }) => signs[kind] + text),
      ]);
      const text = ["*** Begin Patch", "*** Update File: a", ...lines, "*** End Patch"].join("\n");
      expect(parsePatch(text)).toEqual([{ kind: "update", path: "a", hunks: all }]);
    }),
  );
});

function applied(text: string, all: Hunk[]): string | undefined {
  try {
    return applyHunks(text, all, "f", new SearchEffort());
  } catch (error) {
    expect(error).toBeInstanceOf(ToolError);
    return undefined;
  }
}

/** Undefined where a hunk has no place, or more than one. */
function naive(file: string[], all: Hunk[]): string | undefined {
  const result: string[] = [];
  let done = 0;
  let below = 0;
  for (const { anchors, lines } of all) {
    const old = lines.filter(({ kind }) => kind !== "added").map(({ text }) => text);
    const at = (from: number) => naiveHunkPlaces(file, anchors, old, from);
    const places = at(done).size > 0 ? at(done) : at(done - below);
    const [place] = places;
    if (place === undefined || places.size > 1) return undefined;
    if (place < done) result.splice(place - done);
    else result.push(...file.slice(done, place));
    done = place;
    for (const { kind, text } of lines) {
      if (kind === "added") result.push(text);
      else if (kind === "same") result.push(file[done++]!);
      else done++;
    }
    below = lines.length - 1 - lines.findLastIndex(({ kind }) => kind !== "same");
  }
  return [...result, ...file.slice(done)].map((one) => `${one}\n`).join("");
}

function naiveHunkPlaces(file: string[], anchors: string[], old: string[], from: number) {
  const [anchor] = anchors;
  if (anchor === undefined)
    return new Set(old.length > 0 ? naivePlaces(file, old, from) : [file.length]);
  const exact = naivePlaces(file, [anchor], from);
  const words = anchor.trim().replaceAll(/[“”]/g, '"');
  // No line of these has a part of a word.
  const having = file.flatMap((line, at) =>
    at >= from && line.replaceAll(/[“”]/g, '"').includes(words) ? [at] : [],
  );
  const heads = exact.length > 0 ? exact : having;
  if (old.length === 0) return new Set(heads.map((head) => head + 1));
  return new Set(heads.flatMap((head) => naivePlaces(file, old, head).slice(0, 1)));
}

function naivePlaces(file: string[], wanted: string[], from: number): number[] {
  const readings = [
    (one: string) => one,
    (one: string) => one.trimEnd(),
    (one: string) => one.trim(),
    (one: string) => one.trim().replaceAll(/[“”]/g, '"'),
  ];
  for (const read of readings) {
    const found = file.flatMap((_, at) => {
      const here = file.slice(at, at + wanted.length).map(read);
      return at >= from &&
        here.join("\n") === wanted.map(read).join("\n") &&
        here.length === wanted.length
        ? [at]
        : [];
    });
    if (found.length > 0) return found;
  }
  return [];
}
