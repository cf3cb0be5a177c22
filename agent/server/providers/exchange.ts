/** What a request learns of its HTTP exchange beside the events of its answer: pings and comments, the headers of an error, whose API it is. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface Exchange {
  /** Some bytes of the answer have come, a ping or a comment too: the service is there. */
  onBytes?: (() => void) | undefined;
  /** Told when the request begins and ends to wait for a free connection. */
  onWait?: ((waits: boolean) => void) | undefined;
  /** The bytes of the answer are another client's: nothing is put at their end. */
  isPassedOn?: true;
  /** Of the last answer that was an error. */
  errorHeaders?: Headers;
  /** An event of the service's API has come, though perhaps no part of the answer: the address is right. */
  isAnswered?: boolean;
}

/** The SDKs take one fetch for all requests of a client: only the asynchronous context tells which one it serves. */
const current = new AsyncLocalStorage<Exchange>();

/** Runs a step of a request. What is fetched in it belongs to this exchange. */
export function inExchange<T>(exchange: Exchange, step: () => T): T {
  return current.run(exchange, step);
}

/** To be called by a wire that has read an event of its API, also one from which it yields no event of its own. */
export function markAnswered(): void {
  const exchange = current.getStore();
  if (exchange !== undefined) exchange.isAnswered = true;
}

/** The exchange of the request that is running; undefined for a look-up. */
export function currentExchange(): Exchange | undefined {
  return current.getStore();
}
