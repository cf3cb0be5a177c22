/** The built page: the files of one folder, compressed when they were built. */
import { join } from "node:path";
import { type Context, Hono } from "hono";
import { serveStatic } from "hono/serve-static";
import { buildingPage, failedPage, type PageBuild, reloadPath, reloadScript } from "./build-pages";
import { diagramHeaders, pageHeaders } from "./response-headers";

/**
 * Serves `folder`; an address that is no file of it gets index.html, whose script reads the address. A built file that
 * is missing is a 404: a page of an older build would take index.html for its script. While the page is being built, a browser
 * gets a document that says so, and any other request waits. `showsReason`: why a build failed may be read by all who reach
 * this server.
 */
export function createPage(
  folder: string,
  build: PageBuild,
  showsReason: boolean,
): (request: Request) => Response | Promise<Response> {
  const page = new Hono();
  page.use((c, next) => {
    const headers = c.req.path.startsWith("/assets/diagram-") ? diagramHeaders : pageHeaders;
    return headers(c, next);
  });
  page.use(async (c, next) => {
    if (build.isRunning && wantsDocument(c)) return answerBuilding(c);
    await build.ended;
    await next();
  });
  page.get(reloadPath, (c) =>
    c.body(reloadScript, 200, { "Content-Type": "text/javascript", "Cache-Control": "no-store" }),
  );
  const shared = { root: folder, precompressed: true, getContent };
  page.get(
    "*",
    serveStatic({
      ...shared,
      onFound: (_path, c) => c.header("Cache-Control", cacheOf(c.req.path)),
    }),
  );
  page.get("/assets/*", (c) => c.text("There is no such file.\n", 404));
  page.get(
    "*",
    serveStatic({
      ...shared,
      path: "index.html",
      onFound: (_path, c) => c.header("Cache-Control", "no-cache"),
    }),
  );
  page.get("*", (c) => {
    const facts = { output: build.failure, directory: join(folder, "../..") };
    c.header("Cache-Control", "no-store");
    return c.html(failedPage(showsReason ? facts : undefined), 503);
  });
  return page.fetch;
}

/** A browser opens an address: it shows what comes. */
function wantsDocument(c: Context): boolean {
  const isAsset = c.req.path.startsWith("/assets/");
  return !isAsset && (c.req.header("accept") ?? "").includes("text/html");
}

function answerBuilding(c: Context): Response {
  c.header("Cache-Control", "no-store");
  c.header("Retry-After", "1");
  return c.html(buildingPage, 503);
}

async function getContent(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  // No file has such a name, and the file system throws at it.
  if (path.includes("\0")) return null;
  const file = Bun.file(path);
  return (await file.exists()) ? file.bytes() : null;
}

function cacheOf(path: string): string {
  // Built files have a hash of their content in their name.
  if (path.startsWith("/assets/")) return "public, max-age=31536000, immutable";
  // The icons are drawn on pages that may have lost their server.
  return path.startsWith("/icon") ? "private, max-age=86400" : "no-cache";
}
