/** The file of push subscriptions, with the keys by which push services know this server. Only its owner can read it. */
import { generateKeyPairSync } from "node:crypto";
import { z } from "zod";
import { pushSubscription } from "../../shared/requests";
import { readJson, writeJson } from "../json-file";
import type { ServerKeys } from "./server-token";

/** Of a server. */
export const maxSubscriptions = 20;

/** A browser's, by its sign-in, with the host (and port) under which it knows this server. */
export interface Subscription extends z.output<typeof pushSubscription> {
  signInId: string;
  host: string;
}

const schema = z.strictObject({
  keys: z.strictObject({ publicKey: z.string(), privateKey: z.string() }),
  subscriptions: z
    .array(pushSubscription.extend({ signInId: z.string(), host: z.string() }))
    .max(maxSubscriptions),
});

export class PushFile {
  readonly #path: string;
  #stored: z.output<typeof schema> | undefined;

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    const parse = (text: string) => schema.parse(JSON.parse(text));
    this.#stored = readJson({ path, name: "push", parse, without: "without subscriptions" });
  }

  get subscriptions(): readonly Subscription[] {
    return this.#stored?.subscriptions ?? [];
  }

  /** The same for as long as there is the file: made when it is first asked for. Throws what the file system throws. */
  get keys(): ServerKeys {
    if (this.#stored === undefined) this.#save({ keys: newKeys(), subscriptions: [] });
    return this.#stored!.keys;
  }

  /** Throws what the file system throws, and then changes nothing. */
  save(subscriptions: readonly Subscription[]): void {
    this.#save({ keys: this.keys, subscriptions: [...subscriptions] });
  }

  #save(next: z.output<typeof schema>): void {
    writeJson(this.#path, next);
    this.#stored = next;
  }
}

function newKeys(): ServerKeys {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x, "base64url"),
    Buffer.from(y, "base64url"),
  ]);
  return { publicKey: point.toString("base64url"), privateKey: d };
}
