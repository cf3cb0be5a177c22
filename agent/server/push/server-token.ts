/** How a push service knows that a message comes from this server: VAPID (RFC 8292), a token signed with the server's key. */
import { createPrivateKey, sign } from "node:crypto";
import { isIP } from "node:net";

/** Of P-256, in base64url: the public key as an uncompressed point, as browsers take it, and the private number. */
export interface ServerKeys {
  publicKey: string;
  privateKey: string;
}

/** Services refuse more than a day. */
const validS = 12 * 60 * 60;

/** The Authorization header of a message to this endpoint. `contact`: an address at which the server's owner is found. */
export function authorization(
  endpoint: URL,
  contact: string,
  { publicKey, privateKey }: ServerKeys,
  now = Date.now(),
): string {
  const claims = { aud: endpoint.origin, exp: Math.floor(now / 1000) + validS, sub: contact };
  const signed = [{ typ: "JWT", alg: "ES256" }, claims].map(encoded).join(".");
  const point = Buffer.from(publicKey, "base64url");
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
      d: privateKey,
    },
  });
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `vapid t=${signed}.${signature.toString("base64url")}, k=${publicKey}`;
}

/**
 * Where the owner of the server that browsers know by this host is found. Apple's service refuses all messages (403
 * BadJwtToken) with an address of this machine or of a private network, so those give one that is reserved for examples (RFC 2606).
 */
export function contactAt(host: string): string {
  const { hostname } = new URL(`https://${host}`);
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0;
  const isPublic = !isAddress && hostname.includes(".") && !privateNames.test(hostname);
  return isPublic ? `https://${host}` : "mailto:nobody@example.com";
}

const privateNames = /\.(?:arpa|home|internal|intranet|lan|local|localhost|private|test)$/;

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
