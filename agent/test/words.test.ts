/** The words that people see, in their language. */
import { afterEach, expect, test } from "bun:test";
import { type Language, t, tn, useLanguage } from "../shared/words";

const english: Language = { id: "en", catalogue: {} };
const polish: Language = {
  id: "pl",
  catalogue: {
    Send: "Wyślij",
    "Delete “{title}”?": "Usunąć „{title}”?",
    "{count} files": { one: "{count} plik", few: "{count} pliki", many: "{count} plików" },
  },
};
afterEach(() => useLanguage(() => english));

test("a text is its own English, and its catalogue's in another language; what that lacks stays English", () => {
  expect([t("Send"), tn(1, "{count} file", "{count} files")]).toEqual(["Send", "1 file"]);
  expect(tn(1234, "{count} file", "{count} files")).toBe("1,234 files");
  useLanguage(() => polish);
  expect([t("Send"), t("Stop")]).toEqual(["Wyślij", "Stop"]);
  expect([1, 3, 5].map((count) => tn(count, "{count} file", "{count} files"))).toEqual([
    "1 plik",
    "3 pliki",
    "5 plików",
  ]);
});

test("what is put into a text is not looked at: it may be anything", () => {
  useLanguage(() => polish);
  expect(t("Delete “{title}”?", { title: "{title} $& {count}" })).toBe(
    "Usunąć „{title} $& {count}”?",
  );
  expect(t("constructor")).toBe("constructor");
  expect(t("{constructor}", {})).toBe("{constructor}");
});
