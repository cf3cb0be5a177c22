/** Stores texts for this window: what is too long for the browser's storage stays in the page, and is lost by a reload. */
import { host } from "./host";

export function storeInWindow(name: string, text: string): void {
  try {
    host().windowStorage().setItem(name, text);
  } catch (error) {
    console.warn(`${name} could not be stored:`, error);
  }
}
