/** The languages of the page: English, which is in its texts, and each catalogue of this folder, loaded only when it is chosen. */
import { type Accessor, createEffect, createRoot, createSignal } from "solid-js";
import { type Catalogue, type Language, useLanguage } from "../../shared/translation";

const catalogues = import.meta.glob<Catalogue>("./*.json", { import: "default" });

const english: Language = { id: "en", catalogue: {} };

/** One that is a variety of another comes after it. */
export const languageIds = [
  english.id,
  ...Object.keys(catalogues).map((path) => path.slice("./".length, -".json".length)),
];

const [shown, setShown] = createSignal(english);
const [missing, setMissing] = createSignal<string>();

/** The id of the chosen language, when it could not be loaded: then the page is in English. */
export { missing as missingLanguage };

/** Once, before anything is drawn. `chosen` is the id of a language, or else the first of the browser's that there is. */
export function followLanguage(chosen: Accessor<string>): void {
  useLanguage(shown);
  createRoot(() => {
    createEffect(() => void show(languageFor(chosen())));
    createEffect(() => (document.documentElement.lang = shown().id));
  });
}

function languageFor(chosen: string): string {
  const tags = languageIds.includes(chosen) ? [chosen] : navigator.languages;
  const found = tags.map((tag) =>
    languageIds.findLast((id) => tag === id || tag.startsWith(`${id}-`)),
  );
  return found.find((id) => id !== undefined) ?? english.id;
}

let wanted = english.id;

/** Until it is loaded, what was shown before stays. */
async function show(id: string): Promise<void> {
  wanted = id;
  setMissing(undefined);
  let next = english;
  try {
    const load = catalogues[`./${id}.json`];
    if (load) next = { id, catalogue: await load() };
  } catch (error) {
    console.warn("A language could not be loaded.", error);
    if (wanted === id) setMissing(id);
  }
  // Another may have been chosen meanwhile.
  if (wanted === id) setShown(next);
}
