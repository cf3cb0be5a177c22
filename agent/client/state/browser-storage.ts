/** The browser's storage; where it gives none (private windows, blocked cookies), a memory that ends with the page. */
import type { Storage } from "./host";

/** For this origin: kept when the browser is closed, and shared by its tabs. */
export const originStorage = storageOr(() => localStorage);
/** For this tab: kept across a reload. */
export const tabStorage = storageOr(() => sessionStorage);

function storageOr(find: () => globalThis.Storage): Storage {
  try {
    const found = find();
    // It may be there and refuse every use.
    found.getItem("rein");
    return {
      getItem: (name) => found.getItem(name),
      setItem: (name, value) => found.setItem(name, value),
      removeItem: (name) => found.removeItem(name),
      names: () => Object.keys(found),
    };
  } catch {
    return createMemory();
  }
}

function createMemory(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
    names: () => [...items.keys()],
  };
}
