/**
 * The words that people see, in their language. The English text is the key of the others' catalogues, as in gettext: a
 * language is one file, and what it lacks is shown in English.
 */

/** The words of one language. A text with a count has one form for each of the language's plural rules. */
export type Catalogue = Readonly<
  Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>
>;

export interface Language {
  /** A BCP 47 tag, such as `de`. */
  id: string;
  catalogue: Catalogue;
}

type Values = Readonly<Record<string, string | number>>;

const english: Language = { id: "en", catalogue: {} };

let current: () => Language = () => english;

/** `source` is asked for each text, so that a page follows a signal. */
export function useLanguage(source: () => Language): void {
  current = source;
}

/** As BCP 47 tags it, for numbers and dates. */
export function languageId(): string {
  return current().id;
}

/** The text in the language that is chosen, with `{name}` replaced by the value of that name. */
export function t(text: string, values?: Values): string {
  const { catalogue } = current();
  const found = Object.hasOwn(catalogue, text) ? catalogue[text] : undefined;
  return filled(typeof found === "string" ? found : (found?.other ?? text), values);
}

/** The form of the text for this many, which is its `{count}`. In English it is `one` of 1; other languages have `many` as the key. */
export function tn(count: number, one: string, many: string, values?: Values): string {
  const { id, catalogue } = current();
  const found = Object.hasOwn(catalogue, many) ? catalogue[many] : undefined;
  const text =
    typeof found === "object"
      ? (found[rulesOf(id).select(count)] ?? found.other)
      : (found ?? (count === 1 ? one : many));
  return filled(text ?? many, { count: count.toLocaleString(id), ...values });
}

/** Words by their names, each made when it is asked for: also those of a constant follow the language. */
export function lazyWords<Name extends string>(
  makers: Readonly<Record<Name, () => string>>,
): Readonly<Record<Name, string>> {
  const words: Partial<Record<Name, string>> = {};
  for (const name in makers)
    Object.defineProperty(words, name, { enumerable: true, get: makers[name] });
  return words as Record<Name, string>;
}

/** With so many digits behind the point, or what the language has in its place. */
export function fixed(value: number, digits: number): string {
  const { id } = current();
  if (id === english.id) return value.toFixed(digits);
  const bounds = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString(id, { ...bounds, useGrouping: false });
}

const rules = new Map<string, Intl.PluralRules>();

function rulesOf(id: string): Intl.PluralRules {
  let found = rules.get(id);
  if (found === undefined) rules.set(id, (found = new Intl.PluralRules(id)));
  return found;
}

/** What is put in is not looked at again. */
function filled(text: string, values: Values | undefined): string {
  if (values === undefined) return text;
  return text.replaceAll(/\{(\w+)\}/g, (name, key: string) =>
    Object.hasOwn(values, key) ? String(values[key]) : name,
  );
}
