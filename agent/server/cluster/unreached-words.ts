/** Why a node was not reached, as sentences for people that can be translated. */
import { errorCode } from "../../shared/error-code";
import { nodeHeader, type Sentence } from "../../shared/protocol";
import { reasonOf, sentence } from "../../shared/sentences";
import type { NodeRow } from "./cluster-types";
import type { NodeAnswer, Unreached } from "./node-calls";

/** Given as the reason where nothing has come for so many milliseconds, or an answer that has begun did not end in them. */
export class Silence extends Error {
  constructor(
    readonly ms: number,
    readonly hasBegun = false,
  ) {
    super("silent");
  }
}

/** What answers must be that node: nothing else is read. */
export function whyAnother({ id, address }: NodeRow, headers: Headers): Sentence | undefined {
  const answers = headers.get(nodeHeader);
  if (answers === null)
    return sentence("What answers at {address} is no node of a cluster.", { address });
  if (answers !== id)
    return sentence(
      "What answers at {address} is node “{answers}”: REIN_NODE_ADDRESS of “{id}” is wrong.",
      { address, answers, id },
    );
  return undefined;
}

/** It answers as that node, without a proof of the key. */
export function unproven({ id, address }: NodeRow): Sentence {
  return sentence(
    "What answers at {address} has not proven that it has the key of the cluster: it is not “{id}”, or its answer was changed on the way.",
    { address, id },
  );
}

/** It has refused a proof by the time that it has just said. */
export function ofAnotherTime({ id }: NodeRow): Sentence {
  return sentence("The clock of “{id}” is another than it was just now.", { id });
}

/** It must take this one's key: else its words are not the answer. */
export function whyRefused({ id }: NodeRow, { status, body }: NodeAnswer): Sentence | undefined {
  const isRefused = status === 401 || status === 429;
  if (isRefused && typeof body === "string" && body.includes('"code":"token"'))
    return sentence(
      "Node “{id}” does not accept the key of this one: all nodes need the same REIN_CLUSTER_KEY, and a version of Rein that takes a proof of it.",
      { id },
    );
  return undefined;
}

/** Of what a request has thrown. */
export function whyUnreached(error: unknown, { address }: NodeRow): Omit<Unreached, "node"> {
  const as = (kind: Unreached["kind"], why: Sentence) => ({ kind, ...reasonOf(why) });
  if (error instanceof Silence) {
    const seconds = error.ms / 1000;
    const facts = { address, seconds };
    const why = error.hasBegun
      ? sentence("{address} has begun an answer and not ended it within {seconds} s.", facts)
      : sentence("{address} did not answer within {seconds} s.", facts);
    return as("unclear", why);
  }
  const code = errorCode(error);
  switch (code) {
    case "ECONNREFUSED":
    case "ConnectionRefused":
      return as(
        "down",
        sentence("Nothing runs at {address}: the connection was refused.", { address }),
      );
    case "ECONNRESET":
      return as(
        "unclear",
        sentence("The connection to {address} broke before the answer was whole.", { address }),
      );
    case "UnexpectedRedirect":
      return as(
        "foreign",
        sentence("What answers at {address} redirects elsewhere, so it is no node.", { address }),
      );
    default: {
      const said = code ?? String(error);
      return as("unclear", sentence("{address} cannot be reached ({said}).", { address, said }));
    }
  }
}
