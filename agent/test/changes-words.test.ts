/** What a run's changes do not cover is read in the language of the page, also of a run that was stored long ago. */
import { afterEach, expect, test } from "bun:test";
import catalogue from "../client/words/de.json";
import { unknown, unseen } from "../server/undo/change-summary";
import { textInWords } from "../shared/sentences";
import { useLanguage } from "../shared/translation";

afterEach(() => useLanguage(() => ({ id: "en", catalogue: {} })));

test("the sentences of each receipt are German in a German page", () => {
  const shared = unseen([], [], { made: [], gone: [] }, true);
  const stored = JSON.parse(JSON.stringify([...shared, ...unknown("").unseen])) as string[];
  useLanguage(() => ({ id: "de", catalogue }));
  expect(stored.map(textInWords)).toEqual([
    "Ein anderer Lauf hat hier zur selben Zeit gearbeitet: Seine Änderungen sind darunter.",
    "Änderungen außerhalb des Arbeitsverzeichnisses, und was über das Netz gesendet wurde, sind nicht zu sehen.",
    "Ignorierte und erzeugte Dateien (node_modules, .venv, __pycache__) werden nicht aufgezeichnet.",
  ]);
});

test("what is no sentence of Rein stays as it is, braces and names of the language included", () => {
  useLanguage(() => ({ id: "de", catalogue }));
  for (const text of ["fatal: {count} of toString", "toString", ""])
    expect(textInWords(text)).toBe(text);
});
