/** Encrypts a push message for one browser, so that the push service reads nothing of it: RFC 8291, in one record of RFC 8188. */
import { createCipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";

/** What a browser gives with its subscription, in base64url. */
export interface BrowserKeys {
  /** Its public key, an uncompressed point of P-256. */
  p256dh: string;
  /** Its secret of 16 bytes. */
  auth: string;
}

/** What is new in each message; given only to compare with the example of the standard. */
export interface Fresh {
  salt: Buffer;
  privateKey: Buffer;
}

/** A record may be as long, and all of the message is in one. */
const recordBytes = 4096;

/** Throws when the browser's key is no point of the curve. */
export function encryptMessage(text: string, browser: BrowserKeys, fresh = newFresh()): Buffer {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(fresh.privateKey);
  const own = pair.getPublicKey();
  const other = Buffer.from(browser.p256dh, "base64url");
  const auth = Buffer.from(browser.auth, "base64url");
  const shared = derive(
    pair.computeSecret(other),
    auth,
    Buffer.concat([Buffer.from("WebPush: info\0"), other, own]),
    32,
  );
  const { salt } = fresh;
  const key = derive(shared, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derive(shared, salt, Buffer.from("Content-Encoding: nonce\0"), 12);
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  // 2: the last record.
  const content = Buffer.concat([Buffer.from(text), Buffer.from([2])]);
  const head = Buffer.alloc(21);
  salt.copy(head);
  head.writeUInt32BE(recordBytes, 16);
  head.writeUInt8(own.length, 20);
  const body = [cipher.update(content), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([head, own, ...body]);
}

function newFresh(): Fresh {
  const pair = createECDH("prime256v1");
  pair.generateKeys();
  return { salt: randomBytes(16), privateKey: pair.getPrivateKey() };
}

function derive(secret: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, bytes));
}
