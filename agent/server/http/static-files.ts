/** The built page: files of one folder, under a policy that lets no model output run as script. */
import { join, normalize } from "node:path";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const pageHeaders = {
  "Content-Security-Policy": policy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Serves `folder`; an address that is no file of it gets index.html, whose script reads the address. Built files that
 * are gone are not there: a page of an older build would take index.html for its script.
 */
export function createPage(folder: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    const path = pathIn(folder, pathname);
    const isBuilt = pathname.startsWith("/assets/");
    if (path !== undefined && (await Bun.file(path).exists())) {
      // Built files carry a hash of their content in their name.
      const cache = isBuilt ? "public, max-age=31536000, immutable" : cacheOf(pathname);
      return compressed(request, Bun.file(path), { ...pageHeaders, "Cache-Control": cache });
    }
    if (isBuilt) return new Response("There is no such file.\n", { status: 404 });
    const index = Bun.file(join(folder, "index.html"));
    if (!(await index.exists()))
      return new Response("The page has not been built. Run: bun run build\n", { status: 503 });
    return compressed(request, index, { ...pageHeaders, "Cache-Control": "no-cache" });
  };
}

/** The file that an address names; undefined for one outside of the folder, and for what no file can be called. */
function pathIn(folder: string, pathname: string): string | undefined {
  const path = normalize(join(folder, decoded(pathname)));
  return path.startsWith(`${folder}/`) && !path.includes("\0") ? path : undefined;
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    // Not every `%` begins an encoding: it is an address all the same, and the page's own.
    return pathname;
  }
}

/** The icons are drawn on pages that may have lost their server. */
function cacheOf(pathname: string): string {
  return pathname.startsWith("/icon") ? "private, max-age=86400" : "no-cache";
}

async function compressed(
  request: Request,
  file: Bun.BunFile,
  headers: Record<string, string>,
): Promise<Response> {
  const textual = /text|javascript|json|svg/.test(file.type);
  if (!textual || !request.headers.get("accept-encoding")?.includes("gzip"))
    return new Response(file, { headers });
  const bytes = Bun.gzipSync(await file.bytes());
  return new Response(bytes, {
    headers: {
      ...headers,
      "Content-Type": file.type,
      "Content-Encoding": "gzip",
      Vary: "Accept-Encoding",
    },
  });
}
