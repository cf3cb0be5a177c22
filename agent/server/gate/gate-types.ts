/** What the loop of a session sees of the gate: an address for one conversation of an engine, and what its requests cost. */
import type { Usage } from "../../shared/protocol";
import type { GateAddress } from "../engines/engine";

export interface Gate {
  /**
   * An address in front of one provider, for one conversation; nothing passes until a turn is set. The first one makes the
   * listener. Throws ProviderError (`not-configured`) where the provider is not set up, or cannot be reached by others.
   */
  open(provider: string): OpenGate;
  /** Closes all addresses and the listener. Resolves when the port is free. */
  close(): Promise<void>;
}

export interface OpenGate {
  readonly address: GateAddress;
  /** Of the turn that is set, or was set last. */
  readonly counts: GateCounts;
  /** What the requests of that turn have used so far; final once it was taken away, or cut. */
  readonly usage: Usage;
  /**
   * From now on the requests belong to this turn, and the counts begin anew. Undefined: none passes any more, what is still
   * open is cut as by `cut`, and the counts stay as they are.
   */
  setTurn(turn: GateTurn | undefined): void;
  /** Closes the sockets of all open requests in this tick, ends their answers, and refuses others until a turn is set. */
  cut(): void;
  /** The same for ever: the token is worth nothing any more. */
  close(): void;
}

export interface GateCounts {
  /** Requests to a model, those that wait in `beforeRequest` left out. */
  requests: number;
  open: number;
  /** When the last one's socket was closed, or its answer was whole; milliseconds since 1970. */
  closedAt?: number;
}

/** The turn that the requests of an engine belong to. */
export interface GateTurn {
  /**
   * Awaited before a request to a model goes out: the pause gate and the limits. The request is refused with the words of
   * what it rejects with. `signal` aborts when the engine has hung up, or the request is cut.
   */
  beforeRequest(signal: AbortSignal): Promise<void>;
  /** The usage of the turn has grown: with the counts of the service, and about every 200 tokens of an answer. */
  onUsage(usage: Usage): void;
  /** A request goes out. `again` cuts it with an error after which an engine sends it anew. See `ModelWaits.request`. */
  openRequest(again: () => void): OpenRequest;
  /** It is over, however it ended. */
  onClosed(request: ClosedRequest): void;
}

/** What a request tells of itself; disposed of when it is closed. */
export interface OpenRequest extends Disposable {
  /** A piece of the answer has come. */
  onBytes(): void;
  /** It begins to wait for a free connection, and has one. */
  onWait(waits: boolean): void;
}

export interface ClosedRequest {
  /** As the request names it. */
  model: string;
  usage: Usage;
  /** `cut`: by the gate, or the engine has hung up. `failed`: the service refused it, or could not be reached. */
  outcome: "done" | "cut" | "failed";
  /** Of the service's answer; absent where none came. */
  status?: number;
  /** Of a ProviderError, where it failed before its answer began. */
  code?: string;
}
