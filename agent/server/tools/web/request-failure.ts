/** Why a request on the web failed, in words. */
import { errorCode } from "../../../shared/error-code";

/** A clause, with the code of the error where it has one: "its certificate has expired (CERT_HAS_EXPIRED)". */
export function failureWords(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) return "the connection broke";
  const found = causes.find(([pattern]) => pattern.test(code));
  return found === undefined ? code : `${found[1]} (${code})`;
}

const causes: [RegExp, string][] = [
  [/proxy/i, "the proxy of this machine does not let it through"],
  [/^CERT_HAS_EXPIRED$/, "its certificate has expired"],
  [/^CERT_NOT_YET_VALID$/, "its certificate is not valid yet"],
  [/ALTNAME/, "its certificate is for another host"],
  [/CERT|SIGNATURE/, "nobody whom this machine trusts has signed its certificate"],
  [/^EPROTO$|SSL|TLS/, "no encrypted connection could be made"],
  [/REFUSED$/i, "nothing listens there"],
  [/UNREACH$/, "there is no way to its network"],
  [/^ETIMEDOUT$|TIMEOUT/i, "it did not answer"],
  [/^FailedToOpenSocket$/, "it cannot be reached"],
  [/^(ECONNRESET|ConnectionClosed|EPIPE)$/, "the other side closed the connection"],
  [/HeadersTooLarge/, "the head of the answer is too large"],
  [/HTTP_Response|HPE_/, "what came is no answer of HTTP"],
  [/^Z_|BROTLI|^ERR_+(PADDING|ERROR_FORMAT)|UnexpectedEnd/, "its packed content is damaged"],
];
