/** A push service over https on this machine: it takes messages for one browser, and opens them as that browser would. */
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfSigned } from "./self-signed";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

export interface Taken {
  path: string;
  headers: Headers;
  /** What the browser reads. */
  message: { state: string; id?: string; title: string };
  bytes: number;
}

export interface PushService extends AsyncDisposable {
  /** Of the server: it trusts the certificate. */
  environment: Record<string, string>;
  /** As the settings allow it. */
  host: string;
  subscription(path?: string): { endpoint: string; keys: { p256dh: string; auth: string } };
  taken: Taken[];
  /** Of requests whose client has gone before they were answered. */
  closed: number;
  /** What it answers next, and from then on. Undefined: nothing. */
  status: number | undefined;
  /** Resolves with the message of this number, from 1. */
  nth(count: number): Promise<Taken>;
}

export async function startPushService(): Promise<PushService> {
  const directory = temporaryDirectory();
  const { key, certificate } = selfSigned();
  const trusted = join(directory.path, "certificate.pem");
  writeFileSync(trusted, certificate);
  const browser = createECDH("prime256v1");
  browser.generateKeys();
  const auth = crypto.getRandomValues(Buffer.alloc(16));
  const taken: Taken[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { key, cert: certificate },
    async fetch(request) {
      const body = Buffer.from(await request.arrayBuffer());
      const { pathname: path } = new URL(request.url);
      const text = opened(body, browser, auth);
      const message = JSON.parse(text) as Taken["message"];
      taken.push({ path, headers: request.headers, message, bytes: Buffer.byteLength(text) });
      if (service.status !== undefined)
        return new Response(null, {
          status: service.status,
          ...(service.status === 302 && { headers: { location: "/elsewhere" } }),
        });
      await new Promise<void>((resolve) => {
        request.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      service.closed++;
      return new Response(null);
    },
  });
  const service: PushService = {
    environment: { NODE_EXTRA_CA_CERTS: trusted },
    host: `localhost:${server.port}`,
    subscription: (path = "/one") => ({
      endpoint: `https://localhost:${server.port}${path}`,
      keys: {
        p256dh: browser.getPublicKey("base64url"),
        auth: auth.toString("base64url"),
      },
    }),
    taken,
    closed: 0,
    status: 201,
    async nth(count) {
      await until(() => taken.length >= count, `push message ${count}`);
      return taken[count - 1]!;
    },
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      directory[Symbol.dispose]();
    },
  };
  return service;
}

/** As RFC 8291 says that a browser does. */
function opened(body: Buffer, browser: ReturnType<typeof createECDH>, auth: Buffer): string {
  const salt = body.subarray(0, 16);
  const from = body.subarray(21, 21 + body.readUInt8(20));
  const sealed = body.subarray(21 + from.length);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), browser.getPublicKey(), from]);
  const derive = (secret: Buffer, used: Buffer, about: Buffer | string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, used, about, bytes));
  const shared = derive(browser.computeSecret(from), auth, info, 32);
  const key = derive(shared, salt, "Content-Encoding: aes128gcm\0", 16);
  const nonce = derive(shared, salt, "Content-Encoding: nonce\0", 12);
  const cipher = createDecipheriv("aes-128-gcm", key, nonce);
  cipher.setAuthTag(sealed.subarray(-16));
  const text = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  if (text.at(-1) !== 2) throw new Error("The record is not the last one.");
  return text.subarray(0, -1).toString();
}

/** The claims of a message's token, once its signature is verified with the key that it names. */
export function claimsOf({ headers }: Taken, publicKey: string): Record<string, unknown> {
  const [, token = "", key] = /^vapid t=(\S+), k=(\S+)$/.exec(headers.get("authorization")!) ?? [];
  if (key !== publicKey) throw new Error(`expected the key ${publicKey}, not ${key}`);
  const [head = "", claims = "", signature = ""] = token.split(".");
  const point = Buffer.from(publicKey, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((one) =>
    one.toString("base64url"),
  );
  const jwk = { kty: "EC", crv: "P-256", x: x!, y: y! };
  const isSigned = verify(
    "sha256",
    Buffer.from(`${head}.${claims}`),
    { key: createPublicKey({ format: "jwk", key: jwk }), dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!isSigned) throw new Error("The token is not signed with the key that it names.");
  return JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
}
