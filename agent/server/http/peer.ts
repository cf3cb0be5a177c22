/** The address at the other end of a request's connection. */
import type { Context } from "hono";

/** Undefined where a test has made the request itself. */
export function peerOf(c: Context): { address: string; port: number } | undefined {
  const server = c.env as Partial<Pick<Bun.Server<unknown>, "requestIP">> | undefined;
  return server?.requestIP?.(c.req.raw) ?? undefined;
}
