/** A page whose requests have their answers: the sections of the settings move what is below them as these come. */
import type { Page, Request } from "playwright-core";
import { until } from "./within";

/** From now on it counts the page's requests to the API; what it returns resolves when none of them is under way. */
export function untilAnswered(page: Page): () => Promise<void> {
  const open = new Set<Request>();
  const isOver = (request: Request) => void open.delete(request);
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/api/") && !pathname.endsWith("/events")) open.add(request);
  });
  page.on("requestfinished", isOver);
  page.on("requestfailed", isOver);
  return () => until(() => open.size === 0, "the settings have their answers");
}
