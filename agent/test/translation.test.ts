/** The words that people see, in their language. */
import { afterEach, describe, expect, test } from "bun:test";
import { markText } from "../shared/message-parts";
import { interruptionText, stopCauses, type StopBy } from "../shared/protocol";
import { fixed, type Language, lazyWords, t, tn, useLanguage } from "../shared/translation";
import { catalogueFaults, wordsIn } from "./words-check";

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

test("words of a constant follow the language, as numbers do", () => {
  const words = lazyWords<"send" | "stop">({ send: () => t("Send"), stop: () => t("Stop") });
  expect([words.send, fixed(1234.56, 1)]).toEqual(["Send", "1234.6"]);
  useLanguage(() => polish);
  expect([words.send, fixed(1234.56, 1)]).toEqual(["Wyślij", "1234,6"]);
  expect(Object.keys(words)).toEqual(["send", "stop"]);
});

test("people read of an interruption what models are told of it, and models are told it in English", () => {
  const all: StopBy[] = [...stopCauses, "pause"];
  const mark = (by: StopBy) =>
    markText({ type: "interruption", id: "1", stop: { by, from: "web", askedAt: 0 } });
  expect(all.map(mark)).toEqual(all.map(interruptionText));
  useLanguage(() => ({ id: "de", catalogue: { "[paused]": "[angehalten]" } }));
  expect([mark("pause"), interruptionText("pause")]).toEqual(["[angehalten]", "[paused]"]);
});

describe("the check of the words", () => {
  const faultsOf = (code: string) => wordsIn(code, "client/x.tsx").faults;

  test("finds each text that is taken from the catalogues", () => {
    const { keys, faults } = wordsIn(
      `const a = () => t("Send");
       const b = { get name() { return t("{size} left", { size }); } };
       function C() { return <p>{tr("See {place}.", { place: <b>{tn(n, "{count} file", "{count} files")}</b> })}</p>; }`,
      "client/x.tsx",
    );
    expect([...keys]).toEqual([
      ["Send", false],
      ["{size} left", false],
      ["See {place}.", false],
      ["{count} files", true],
    ]);
    expect(faults).toEqual([]);
  });

  test.each([
    ["const a = () => t(name);", "client/x.tsx:1 calls t with a text that is not written"],
    ["const a = () => t(`Send`);", "calls t with a text that is not written"],
    ['const a = () => t("a" + b);', "calls t with a text that is not written"],
    ['const a = () => tn(n, one, "{count} files");', "calls tn with a text that is not written"],
    ["const a = () => tr(text, {});", "calls tr with a text that is not written"],
    ["const a = sentence(text);", "calls sentence with a text that is not written"],
    ['const a = sentence("{size} left", {});', "gives no value for {size}"],
    ['\nconst a = t("Send");', "client/x.tsx:2 calls t once and for all"],
    ['const all = [{ name: tn(2, "a file", "files") }];', "calls tn once and for all"],
    ['const a = () => t("{size} left");', "gives no value for {size}"],
    ['const a = () => tn(n, "{count} of {all}", "{count} of {all}", { of });', "{all}"],
    ["const a = () => <p>Send it</p>;", "a text that is in no catalogue: Send it"],
    ['const a = () => <p>{"Send it"}</p>;', "a text that is in no catalogue: Send it"],
    ["const a = () => <p>{b() ? `Send ${c}` : d}</p>;", "a text that is in no catalogue: Send {}"],
    ['const a = () => <p title="Send it" />;', "a text that is in no catalogue: Send it"],
    ['const a = () => <p aria-label={b && "Send it"} />;', "a text that is in no catalogue"],
    ['const a = () => <C label="Send it" placeholder={t("Key")} />;', "in no catalogue: Send it"],
    ['const a = () => <img alt="A picture" />;', "a text that is in no catalogue: A picture"],
  ])("finds what is wrong with %s", (code, words) => {
    expect(faultsOf(code)).toEqual([expect.stringContaining(words)]);
  });

  test.each([
    'const a = () => <p class="Send it">· {t("Send")}&nbsp;</p>;',
    "const a = () => <p>{b} s</p>;",
    "const a = () => <code>bun run build</code>;",
    'const a = () => <kbd aria-label="Shift">Shift</kbd>;',
    "const a = () => <h1>Rein</h1>;",
    'const a = () => t("{size} left", values);',
    'const a = sentence("Send");',
    'const a = countSentence(n, "{count} file", "{count} files");',
    'const a = () => words.t(name) + other("Send");',
  ])("finds nothing wrong with %s", (code) => {
    expect(faultsOf(code)).toEqual([]);
  });

  const keys = new Map([
    ["Send", false],
    ["{size} left", false],
    ["Every {count} days", true],
  ]);
  const german = {
    Send: "Senden",
    "{size} left": "noch {size}",
    "Every {count} days": { one: "Jeden Tag", other: "Alle {count} Tage" },
  };

  test("finds a catalogue right that has each text, and nothing else", () => {
    expect(catalogueFaults("de", german, keys)).toEqual([]);
    const japanese = { ...german, "Every {count} days": "{count}日ごと" };
    expect(catalogueFaults("ja", japanese, keys)).toEqual([]);
  });

  test.each([
    [{ Send: undefined }, "client/words/de.json lacks a text: Send"],
    [{ Stop: "Stopp" }, "client/words/de.json has a text that nothing shows: Stop"],
    [{ "{size} left": "noch {Größe}" }, "has other names in braces: {size} left"],
    [{ "{size} left": "noch" }, "has other names in braces: {size} left"],
    [{ Send: { one: "Senden", other: "Senden" } }, "has forms for a text without a count: Send"],
    [{ "Every {count} days": "Alle {count} Tage" }, "needs a form for each count"],
    [{ "Every {count} days": { other: "Alle {count} Tage" } }, "lacks the form one"],
    [{ "Every {count} days": { one: "Jeden Tag", few: "", other: "" } }, "has not, few"],
    [{ "Every {count} days": { one: "Jeden {day}", other: "Alle" } }, "other names in braces"],
  ])("finds what is wrong with a catalogue: %j", (change, words) => {
    const catalogue = Object.fromEntries(
      Object.entries({ ...german, ...change }).filter(([, text]) => text !== undefined),
    ) as Language["catalogue"];
    expect(catalogueFaults("de", catalogue, keys)).toEqual([expect.stringContaining(words)]);
  });
});
