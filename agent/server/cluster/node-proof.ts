/**
 * How nodes prove to each other that they have the key of the cluster, which is never sent. An HMAC of a request covers its
 * method, path and query, the two nodes, the time, a number that is used once, who asks from where, and a JSON body; that of
 * an answer the request that it is for, the status, the node, the time, and a JSON body that is held whole. Not covered: what
 * comes piece by piece (uploads, files, events, JSON of more than 4 MB), other headers, and who may read any of it.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import {
  askerHeader,
  hopHeader,
  nodeHeader,
  originHeader,
  proofHeader,
  wireHeader,
} from "../../shared/protocol";
import { isSame } from "../access/secrets";

const coveredHeaders = [
  hopHeader,
  nodeHeader,
  wireHeader,
  askerHeader,
  originHeader,
  "X-Rein-Client",
  "Last-Event-ID",
];

/** Text that is held whole; anything else passes as it comes. */
type Body = string | ReadableStream<Uint8Array> | null | undefined;

interface Asked {
  method: string;
  url: string;
  headers: Headers;
}

export interface Answered {
  node: string;
  status: number;
  body: Body;
}

export interface RequestProof {
  /** Of the node that the request is for, as the sender takes it to be, in milliseconds since 1970. */
  time: number;
  nonce: string;
  /** As `digestOf` its body. */
  digest: string;
}

export class NodeProof {
  readonly #key: Buffer;

  constructor(clusterKey: string) {
    this.#key = createHmac("sha256", clusterKey).update("between nodes").digest();
  }

  /** For `proofHeader`; the other headers stand in the request already. */
  ofRequest(asked: Asked, body: Body, time: number): string {
    const nonce = randomBytes(12).toString("base64url");
    const said = `${time}.${nonce}.${digestOf(body)}`;
    return `${said}.${this.#requestMac(asked, said)}`;
  }

  /** Undefined: the sender does not have the key, or the request was changed on its way. */
  read(asked: Asked): RequestProof | undefined {
    const text = asked.headers.get(proofHeader) ?? "";
    const end = text.lastIndexOf(".");
    const said = text.slice(0, Math.max(end, 0));
    if (!isSame(text.slice(end + 1), this.#requestMac(asked, said))) return undefined;
    const [time, nonce, digest] = said.split(".") as [string, string, string];
    return { time: Number(time), nonce, digest };
  }

  /** For `proofHeader`. `asked`: that of the request. `time`: of the node that answers. */
  ofAnswer(asked: string, answered: Answered, time: number): string {
    return `${time}.${this.#answerMac(asked, answered, String(time))}`;
  }

  /** When the node has answered, by its own clock; undefined: it is not known to have the key. */
  timeOf(asked: string, answered: Answered, headers: Headers): number | undefined {
    const [time = "", mac = ""] = headers.get(proofHeader)?.split(".") ?? [];
    return isSame(mac, this.#answerMac(asked, answered, time)) ? Number(time) : undefined;
  }

  #requestMac({ method, url, headers }: Asked, said: string): string {
    const { pathname, search } = new URL(url);
    const covered = coveredHeaders.map((name) => headers.get(name));
    return this.#mac(["request", said, method, pathname + search, ...covered]);
  }

  #answerMac(asked: string, { node, status, body }: Answered, time: string): string {
    return this.#mac(["answer", asked, time, node, status, digestOf(body)]);
  }

  #mac(facts: unknown[]): string {
    return createHmac("sha256", this.#key).update(JSON.stringify(facts)).digest("base64url");
  }
}

export const uncovered = "-";

export function digestOf(body: Body): string {
  return typeof body === "string"
    ? createHash("sha256").update(body).digest("base64url")
    : uncovered;
}
