/** What a test sends and answers in the place of a node of the cluster. */
import { hopHeader, nodeHeader, proofHeader, wireHeader, wireVersion } from "../shared/protocol";
import { NodeProof } from "../server/cluster/node-proof";
import { clusterKey } from "./cluster-node";

type Fields = Record<string, string>;

/** Of a request that "a" passes on to "b". */
export const hop: Fields = {
  [hopHeader]: "a",
  [nodeHeader]: "b",
  [wireHeader]: String(wireVersion),
};

interface Sent {
  method?: string;
  headers: Fields;
  body?: string;
  /** By default that of the cluster. */
  key?: string;
  /** By default now. */
  time?: number;
}

/** With the proof of the key for exactly this request. */
export function provenRequest(
  url: string,
  { method = "GET", headers: fields, body, key = clusterKey, time = Date.now() }: Sent,
): Request {
  const headers = new Headers(fields);
  headers.set(proofHeader, new NodeProof(key).ofRequest({ method, url, headers }, body, time));
  return new Request(url, { method, headers, ...(body !== undefined && { body }) });
}

/** For an answer of node `node` to what was sent with this proof. `body`: JSON that is held whole, or undefined. */
export function provenAnswer(
  asked: string | null | undefined,
  answered: { node: string; status: number; body?: string },
  key = clusterKey,
): Fields {
  const proof = new NodeProof(key).ofAnswer(
    asked ?? "",
    { body: undefined, ...answered },
    Date.now(),
  );
  return { [nodeHeader]: answered.node, [proofHeader]: proof };
}
