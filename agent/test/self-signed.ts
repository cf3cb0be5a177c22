/** A certificate for localhost, signed by its own key: X.509 in DER, written by hand, for no program that does it need be installed. */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const ecdsaWithSha256 = "06082a8648ce3d040302";
const commonName = "0603550403";
const subjectAltName = "0603551d11";
const basicConstraints = "0603551d13";

/** As PEM. It is valid for a day before and after now. */
export function selfSigned(): { key: string; certificate: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(hex(ecdsaWithSha256));
  const name = sequence(der(0x31, sequence(hex(commonName), der(0x0c, Buffer.from("localhost")))));
  const extensions = sequence(
    sequence(hex(subjectAltName), der(0x04, sequence(der(0x82, Buffer.from("localhost"))))),
    // It may sign: the certificates that a client trusts are those that sign others.
    sequence(hex(basicConstraints), der(0x04, sequence(der(0x01, hex("ff"))))),
  );
  const content = sequence(
    der(0xa0, der(0x02, hex("02"))),
    der(0x02, Buffer.concat([hex("01"), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(-1), time(1)),
    name,
    publicKey.export({ format: "der", type: "spki" }),
    der(0xa3, extensions),
  );
  const signature = sign("sha256", content, privateKey);
  const certificate = sequence(
    content,
    algorithm,
    der(0x03, Buffer.concat([hex("00"), signature])),
  );
  const lines = certificate.toString("base64").replaceAll(/.{64}/g, "$&\n");
  return {
    key: privateKey.export({ format: "pem", type: "pkcs8" }),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** UTCTime, so many days from now. */
function time(days: number): Buffer {
  const at = new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString();
  return der(0x17, Buffer.from(`${at.slice(2, 19).replaceAll(/[-:T]/g, "")}Z`));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const size = length < 128 ? [length] : long;
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}
