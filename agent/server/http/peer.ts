/** The ends of a request's connection. */
import type { Context } from "hono";

/** Undefined where a test has made the request itself. */
export function peerOf(c: Context): { address: string; port: number } | undefined {
  const server = c.env as Partial<Pick<Bun.Server<unknown>, "requestIP">> | undefined;
  return server?.requestIP?.(c.req.raw) ?? undefined;
}

/** Of this server; undefined on a Unix socket, and where a test has made the request itself. */
export function ownPort(c: Context): number | undefined {
  return (c.env as Partial<Pick<Bun.Server<unknown>, "port">> | undefined)?.port;
}
