/**
 * The page's service worker: opens the page where the server cannot be reached, and shows notifications. It keeps the built
 * files of one version, and nothing else: no request to the API passes through it. The build writes it to /sw.js, with
 * `version` and `files` before it.
 */

const scope = self as unknown as ServiceWorkerGlobalScope;
/** Of the build that it belongs to. */
declare const version: string;
/** What the page needs to start, and each part of it that is loaded later. */
declare const files: string[];

const prefix = "rein-page-";
const cacheName = prefix + version;
/** Written by the page: state/worker.ts. */
const wordsCache = "rein-words";
/** A server that has not answered by then is one that cannot be reached. */
const answerMs = 5000;

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", answer);
scope.addEventListener("push", (event) => event.waitUntil(showPushed(event.data)));
scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showSession(event.notification.data));
});

async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll(["/", ...files]);
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
  await scope.registration.navigationPreload.enable();
}

function answer(event: FetchEvent): void {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/api/") || pathname === "/metrics") return;
  if (files.includes(pathname) || pathname.startsWith("/assets/"))
    event.respondWith(builtFile(event));
  else if (request.mode === "navigate") event.respondWith(openPage(event));
}

/** A name under /assets has a hash of the content. What lies beside it may have changed, so the server is asked first. */
async function builtFile({ request }: FetchEvent): Promise<Response> {
  const isFixed = new URL(request.url).pathname.startsWith("/assets/");
  const kept = await caches.match(request, { cacheName });
  if (kept !== undefined && isFixed) return kept;
  try {
    const response = await fetch(request);
    if (isFixed && response.status === 200) await keep(request, response.clone());
    return response;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}

async function keep(request: Request, response: Response): Promise<void> {
  try {
    await (await caches.open(cacheName)).put(request, response);
  } catch (error) {
    // The disk is full: the file comes from the server the next time, too.
    console.warn("A file of the page could not be kept.", error);
  }
}

/** From the server; where it does not answer, or a proxy says so, the page that is kept, which says it. */
async function openPage(event: FetchEvent): Promise<Response> {
  const answering = fromServer(event);
  const late = new Promise<"late">((resolve) => setTimeout(resolve, answerMs, "late"));
  const first = await Promise.race([answering.catch(() => undefined), late]);
  if (first instanceof Response && first.status !== 502 && first.status !== 504) return first;
  return (await caches.match("/", { cacheName })) ?? answering;
}

async function fromServer(event: FetchEvent): Promise<Response> {
  const loaded = (await event.preloadResponse) as Response | undefined;
  return loaded ?? fetch(event.request);
}

interface Pushed {
  state: string;
  /** Of a session; the first message of all is about none. */
  id?: string;
  title?: string;
}

/** Browsers want each message to be shown, so one that cannot be read is, too. */
async function showPushed(data: PushMessageData | null): Promise<void> {
  const { state, id, title = "" } = readPushed(data);
  const words = await wordsOf(state);
  const tag = id === undefined ? "rein" : `rein-${id}`;
  await scope.registration.showNotification(words, { body: title, tag, data: { id } });
}

function readPushed(data: PushMessageData | null): Pushed {
  try {
    const { state, id, title } = (data?.json() ?? {}) as Partial<Record<string, unknown>>;
    if (typeof state !== "string" || typeof title !== "string") return { state: "" };
    return typeof id === "string" ? { state, id, title } : { state, title };
  } catch {
    return { state: "" };
  }
}

/** In the language of the page. Without them, the name alone. */
async function wordsOf(state: string): Promise<string> {
  const kept = await caches.match("/words", { cacheName: wordsCache });
  const words = ((await kept?.json()) ?? {}) as Partial<Record<string, string>>;
  return Object.hasOwn(words, state) ? (words[state] ?? "Rein") : "Rein";
}

async function showSession(data: unknown): Promise<void> {
  const { id } = (data ?? {}) as { id?: unknown };
  const isSession = typeof id === "string" && /^[\w-]{1,64}$/.test(id);
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = windows.filter((one) => one.frameType !== "nested" && !isApi(one));
  const page = pages.find((one) => one.visibilityState === "visible") ?? pages[0];
  if (page === undefined) {
    await scope.clients.openWindow(isSession ? `/s/${id}` : "/");
    return;
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a page of this origin, and a client has none
  if (isSession) page.postMessage({ show: id });
  await page.focus();
}

/** The reference of the API is a page of its own. */
function isApi({ url }: Client): boolean {
  return new URL(url).pathname.startsWith("/api/");
}
