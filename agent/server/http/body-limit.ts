/** How long a body may be, whether it says its length or comes in chunks. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { httpError } from "./http-error";

/** A message of the greatest length, each of its characters escaped, fits well. */
const maxBodyBytes = 16_000_000;

const limit = bodyLimit({
  maxSize: maxBodyBytes,
  onError() {
    throw httpError(413, "size", `The body is longer than ${maxBodyBytes / 1e6} MB.`);
  },
});

/** Bodies in chunks are read here, and reach the routes in a request of their own. */
export const limitBody: MiddlewareHandler = (c, next) => {
  c.set("received", c.req.raw);
  return limit(c, next);
};
