/** The built page: the files of one folder, compressed when they were built. */
import { Hono } from "hono";
import { serveStatic } from "hono/serve-static";
import { diagramHeaders, pageHeaders } from "./response-headers";

/**
 * Serves `folder`; an address that is no file of it gets index.html, whose script reads the address. A built file that
 * is missing is a 404: a page of an older build would take index.html for its script. A request waits until `built` resolves.
 */
export function createPage(
  folder: string,
  built: () => Promise<void>,
): (request: Request) => Response | Promise<Response> {
  const page = new Hono();
  page.use(async (_, next) => {
    await built();
    await next();
  });
  const shared = { root: folder, precompressed: true, getContent };
  page.use((c, next) => {
    const headers = c.req.path.startsWith("/assets/diagram-") ? diagramHeaders : pageHeaders;
    return headers(c, next);
  });
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
  page.get("*", (c) => c.text("The page has not been built. Run: bun run build\n", 503));
  return page.fetch;
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
