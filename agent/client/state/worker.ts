/** The service worker of the page, and what it has to know of it. */
import { createEffect, createRoot } from "solid-js";
import { newsKinds } from "../../shared/news";
import { languageId, t } from "../../shared/translation";
import { originStorage } from "./browser-storage";
import { listenToWorker } from "./notification";
import { newsWords } from "./notify";
import { keepPush } from "./push-subscription";

/** Once the page has loaded. Never rejects: without a worker the page works, but does not open while the server is away. */
export async function startWorker(): Promise<void> {
  // Another origin than this machine's own has one only with https.
  if (!("serviceWorker" in navigator)) return;
  listenToWorker(navigator.serviceWorker);
  createRoot(() => createEffect(() => void keepWords(words())));
  try {
    await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    createRoot(() => keepPush(() => originStorage.getItem("rein.push") === "on"));
  } catch (error) {
    console.warn("The service worker could not be registered.", error);
  }
}

/** It has no catalogue of its own, and no page may be open when it needs them. */
function words(): Record<string, string> {
  return {
    language: languageId(),
    first: t("Rein will notify you here"),
    ...Object.fromEntries(newsKinds.map((kind) => [kind, newsWords[kind]])),
  };
}

async function keepWords(kept: Record<string, string>): Promise<void> {
  try {
    await (await caches.open("rein-words")).put("/words", Response.json(kept));
  } catch (error) {
    console.warn("The words of notifications could not be kept.", error);
  }
}
