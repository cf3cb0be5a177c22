/** Who is at the other end of a request's connection. */
import type { Context } from "hono";

declare module "hono" {
  interface ContextVariableMap {
    /** The request as it was received, where a middleware has put another in its place. */
    received?: Request;
  }
}

/** Bun's server knows the peer of the requests that it has made itself, and of no copy. */
export function peerOf(c: Context): { address: string; port: number } | undefined {
  const server = c.env as Partial<Pick<Bun.Server<unknown>, "requestIP">> | undefined;
  return server?.requestIP?.(c.get("received") ?? c.req.raw) ?? undefined;
}
