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
/** Fonts and the document of diagrams: kept once they are used. */
declare const keptWhenUsed: string[];

const prefix = "rein-page-";
const cacheName = prefix + version;
/** Written by the page: state/worker.ts. */
const wordsCache = "rein-words";
/** A server that has not answered by then is one that cannot be reached. */
const answerMs = 5000;

/** Whether the last answer came from what is kept. */
let isAway = false;

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", answer);
scope.addEventListener("push", (event) => event.waitUntil(showPushed(event.data)));
scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showSession(event.notification.data));
});

/** All of one build, or nothing: then the browser tries again when a page is next opened. */
async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  try {
    await cache.addAll(["/", ...files]);
    const page = await (await cache.match("/"))?.text();
    const named = [...(page ?? "").matchAll(/"(\/assets\/[^"]+)"/g)].map(([, name = ""]) => name);
    if (named.length === 0 || !named.every((name) => files.includes(name)))
      throw new Error("The page belongs to another build than its service worker.");
  } catch (error) {
    await caches.delete(cacheName);
    throw error;
  }
  await scope.skipWaiting();
}

/** Pages of the build before may still be open, and load parts of it. */
async function activate(): Promise<void> {
  const others = (await pageCaches()).filter((name) => name !== cacheName);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

/** The oldest first. */
async function pageCaches(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(prefix));
}

/** Without the browser's own request meanwhile (navigation preload): an address of the API would be asked for twice. */
function answer(event: FetchEvent): void {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/api/") || pathname === "/metrics") return;
  if (pathname.startsWith("/assets/")) event.respondWith(asset(event));
  else if (files.includes(pathname)) event.respondWith(newest(request, pathname));
  else if (request.mode === "navigate") event.respondWith(newest(request, "/"));
}

/** Its name has a hash of the content. Another program at this address may have names that have none: they are not kept. */
async function asset({ request }: FetchEvent): Promise<Response> {
  for (const name of await pageCaches()) {
    const kept = await caches.match(request, { cacheName: name });
    if (kept !== undefined) return kept;
  }
  const response = await fetch(request);
  const isOwn = [...files, ...keptWhenUsed].includes(new URL(request.url).pathname);
  if (isOwn && response.status === 200) await keep(request, response.clone());
  return response;
}

async function keep(request: Request, response: Response): Promise<void> {
  try {
    await (await caches.open(cacheName)).put(request, response);
  } catch (error) {
    // The disk is full: the file comes from the server the next time, too.
    console.warn("A file of the page could not be kept.", error);
  }
}

/**
 * From the server; where it does not answer, or a proxy says so, what is kept: the page then says it. Its files come from
 * there at once, for it draws nothing before them.
 */
async function newest(request: Request, path: string): Promise<Response> {
  const kept = await caches.match(path, { cacheName });
  if (isAway && request.mode !== "navigate" && kept !== undefined) return kept;
  const answering = fetch(request);
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, answerMs));
  const first = await Promise.race([answering.catch(() => undefined), late]);
  isAway = first === undefined || isProxyError(first);
  return first !== undefined && !isAway ? first : (kept ?? answering);
}

/** Rein's own pages have a policy, also those that say that it is being built. */
function isProxyError({ status, headers }: Response): boolean {
  return status >= 500 && !headers.has("content-security-policy");
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
  // One that takes the place of another is news, too.
  const options = { body: title, tag, renotify: true, data: { id } };
  await scope.registration.showNotification(words, options);
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
