/** Reads the head of a request to the proxy, strictly: what two readers could understand differently is refused. */
import type { Target } from "./allowed-domains";

export interface ProxyRequest extends Target {
  /** What the server there is sent first; undefined for a tunnel (CONNECT). */
  head?: string;
  /** How many bytes of the body follow. */
  bodyBytes: number;
}

export const maxHeadBytes = 16_384;

/** A request that is refused before anything is looked up. `status` is that of the answer. */
export class BadRequest extends Error {
  constructor(
    readonly status: "400 Bad Request" | "403 Forbidden" | "411 Length Required",
    message: string,
  ) {
    super(message);
  }
}

/** `head` ends with the empty line. Throws BadRequest. */
export function parseRequest(head: string): ProxyRequest {
  const [first = "", ...lines] = head.slice(0, -4).split("\r\n");
  const [, method, address] = /^([A-Z]{1,20}) (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
  if (method === undefined || address === undefined) throw malformed();
  const headers = lines.map(parseHeader);
  if (method === "CONNECT") {
    const [, host, port] = /^([\w.-]+):(\d{1,5})$/.exec(address) ?? [];
    if (host === undefined) throw new BadRequest("403 Forbidden", `${shown(address)} is no domain`);
    return { ...target(host, Number(port)), bodyBytes: 0 };
  }
  const parts = /^http:\/\/([\w.-]+)(?::(\d{1,5}))?([/?][^\s#]*)?$/i.exec(address);
  if (parts === null) throw new BadRequest("403 Forbidden", `${shown(address)} is no address here`);
  const [, host = "", port = "80", path = "/"] = parts;
  const to = target(host, Number(port));
  const name = to.port === 80 ? to.host : `${to.host}:${to.port}`;
  const kept = endToEnd(headers).map(([key, value]) => `${key}: ${value}`);
  const start = `${method} ${path.startsWith("?") ? "/" : ""}${path} HTTP/1.1`;
  const all = [start, `Host: ${name}`, ...kept, "Connection: close"];
  return { ...to, head: `${all.join("\r\n")}\r\n\r\n`, bodyBytes: bodyBytes(headers) };
}

type Header = [name: string, value: string];

function target(host: string, port: number): Target {
  return { host: host.toLowerCase().replace(/\.$/, ""), port };
}

/** No folded line, no space before the colon, no control character. */
function parseHeader(line: string): Header {
  const [, name, value] =
    /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\t\u0020-\u007e\u0080-\u00ff]*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw malformed();
  return [name, value.trimEnd()];
}

/** Without those that concern this connection only; the name of the host is the one that was checked. */
function endToEnd(headers: Header[]): Header[] {
  const named = headers
    .filter(([name]) => /^(proxy-)?connection$/i.test(name))
    .flatMap(([, value]) => value.toLowerCase().split(/[\s,]+/));
  const dropped = new Set([
    ...named,
    "connection",
    "keep-alive",
    "host",
    "te",
    "trailer",
    "upgrade",
  ]);
  return headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return lower === "content-length" || !(dropped.has(lower) || lower.startsWith("proxy-"));
  });
}

/** One request, one connection: what follows its body would be another request, to a host that was not checked. */
function bodyBytes(headers: Header[]): number {
  const has = (wanted: string) => headers.filter(([name]) => name.toLowerCase() === wanted);
  if (has("transfer-encoding").length > 0)
    throw new BadRequest("411 Length Required", "send the body with a Content-Length");
  const lengths = has("content-length").map(([, value]) => value);
  if (lengths.length > 1 || !lengths.every((value) => /^\d{1,15}$/.test(value))) throw malformed();
  return Number(lengths[0] ?? 0);
}

function malformed(): BadRequest {
  return new BadRequest("400 Bad Request", "the request is malformed");
}

function shown(address: string): string {
  return address.slice(0, 200).replaceAll(/[^\u0021-\u007e]/g, "?");
}
