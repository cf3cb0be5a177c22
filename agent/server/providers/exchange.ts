/** What a request learns of its HTTP exchange that its SDK keeps to itself: pings and comments, and the headers of an error. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface Exchange {
  /** Some bytes of the answer have come, a ping or a comment too: the service is there. */
  onBytes?: (() => void) | undefined;
  /** Of the last answer that was an error. */
  errorHeaders?: Headers;
}

/** The SDKs take one fetch for all requests of a client: only the asynchronous context tells which one it serves. */
const current = new AsyncLocalStorage<Exchange>();

/** Runs a step of a request. What is fetched in it belongs to this exchange. */
export function inExchange<T>(exchange: Exchange, step: () => T): T {
  return current.run(exchange, step);
}

/** The exchange of the request that is running; undefined for a look-up. */
export function currentExchange(): Exchange | undefined {
  return current.getStore();
}
