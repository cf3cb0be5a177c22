/** Seeded HTTP requests to every route of the server, from nearly right to senseless. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "../seeded-random";

export interface GeneratedRequest {
  /** As sent on the socket. */
  text: string;
  isHead: boolean;
  /** Whether it is well-formed HTTP, so that it must be answered. */
  isHttp: boolean;
}

export interface Targets {
  host: string;
  /** The header of a caller that is let in; without it, of strangers. */
  authorization?: string;
  /** What the parameters of routes may name, by their name. */
  ids: { id: string; runId: string; messageId: string };
  /** Where messages may work. */
  cwd: string;
}

/** Every route that the sources name, as "GET /api/…". */
export function routesInSources(): string[] {
  const folder = join(import.meta.dir, "../../server/http/routes");
  return readdirSync(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    return [...text.matchAll(/app\.(get|post|put|patch|delete)\(\s*["`]([^"`]+)["`]/g)].flatMap(
      ([, method, path]) =>
        path!.includes("${way}")
          ? ["undo", "redo"].map(
              (way) => `${method!.toUpperCase()} ${path!.replace("${way}", way)}`,
            )
          : [`${method!.toUpperCase()} ${path}`],
    );
  });
}

/** Without the one that ends the server, as it is asked to. */
const routes = routesInSources().filter((route) => route !== "POST /api/shutdown");
const pages = ["GET /", "GET /stops", "GET /s/x", "GET /icon.svg", "GET /assets/x.js"];
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

const badIds = [
  "x",
  "..",
  "%2e%2e",
  "%2e%2e%2f%2e%2e%2fpackage.json",
  "..%2f..%2f..%2fetc%2fpasswd",
  "%00",
  "%",
  "%zz",
  "%ed%a0%80",
  "%c3%28",
  "a%2fb",
  "__proto__",
  "constructor",
  "x".repeat(3000),
  "%25%32%65",
  "null",
  "-1",
  "a;b=c",
  "*",
];

const badValues = [
  "null",
  "true",
  "-0",
  "1e309",
  "-1e309",
  "0.1",
  "9007199254740993",
  '""',
  '"NaN"',
  '" "',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  // 60 characters of its file name end in the middle of a letter.
  `"x${"\\ud835\\udcb3".repeat(60)}"`,
  '"\\u202e\\u200b"',
  '"../../etc/passwd"',
  '"/proc/self/mem"',
  '"/dev/zero"',
  '"~root"',
  "[]",
  "{}",
  '{"__proto__":{"x":1}}',
  '{"constructor":null}',
  `"${"x".repeat(5000)}"`,
  `"${"/a".repeat(3000)}"`,
  "[".repeat(500) + "]".repeat(500),
  `{"a":`.repeat(200) + "1" + "}".repeat(200),
];

const queries = [
  "once",
  "once&list=1",
  "once&after=0",
  "once&after=-1",
  "once&after=1e309",
  "once&after=99999999999999999999",
  "once&after=NaN",
  "once&after=",
  "once&after=1&after=2",
  "before=x&limit=0",
  "before=x&limit=1e9",
  "limit=%00",
  "format=csv",
  "format=xml",
  "since=-1",
  "since=1e400",
  "by=user&point=nowhere",
  "token=x",
  "%",
  "%zz=%zz",
  "&&&==",
  "a=" + "x".repeat(4000),
  "__proto__[x]=1",
];

const oddHeaders = [
  "Content-Encoding: gzip",
  "Content-Type: application/x-www-form-urlencoded",
  "Content-Type: text/plain; charset=utf-7",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Encoding: *;q=0",
  "Range: bytes=0-10, 5-1000000000000",
  "If-None-Match: *",
  "If-Modified-Since: yesterday",
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13",
  "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Expect: 100-continue",
  "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example",
  "X-HTTP-Method-Override: DELETE",
  "X-Original-URL: /api/sessions\r\nX-Rewrite-URL: /api/sessions",
  "Last-Event-ID: x",
  "Last-Event-ID: -5",
  "X-Rein-Client: web",
  "X-Rein-Client: " + "x".repeat(2000),
  "Cookie: rein_3000=x; token=y; ; =; a",
  "Sec-Fetch-Site: same-origin",
  "Sec-Fetch-Site: cross-site",
  "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors",
  "Origin: http://evil.example",
  "Origin: null",
  "Origin: file://",
  "Origin: http://[",
  "Referer: http://evil.example/#token=x",
  "X-Odd: \u00ff\u0080",
];

/** Not HTTP, or not quite. `@` is the host. */
const malformed = [
  "GET / HTTP/1.1\r\n\r\n",
  "GET /api/sessions HTTP/1.1\r\nHost: @\r\nHost: evil.example\r\n\r\n",
  "GET /api/sessions HTTP/1.0\r\n\r\n",
  "GET /api/sessions HTTP/9.9\r\nHost: @\r\n\r\n",
  "GET /api/sessions\r\n\r\n",
  "GET http://evil.example/api/sessions HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n",
  "GET //evil.example/api/sessions HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n",
  "GET /api/sessions HTTP/1.1\nHost: @\n\n",
  "GET /api/sessions HTTP/1.1\r\nHost: @\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n",
  "GET /api/sessions HTTP/1.1\r\nHost : @\r\n\r\n",
  "GET /api/sessions HTTP/1.1\r\n Host: @\r\n\r\n",
  "GET /api/sessions HTTP/1.1\r\nHost: @\r\nNo colon here\r\n\r\n",
  "GET /api/sessions HTTP/1.1\r\nHost: @\r\nX: a\0b\r\n\r\n",
  "get /api/sessions HTTP/1.1\r\nHost: @\r\n\r\n",
  "CONNECT evil.example:443 HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: @\r\nConnection: close\r\n\r\n",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nContent-Length: -1\r\n\r\n",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nContent-Length: 99999999999999999999\r\n\r\n",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
  "POST /api/stop HTTP/1.1\r\nHost: @\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
  `GET /${"x".repeat(100_000)} HTTP/1.1\r\nHost: @\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: @\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: @\r\n${"X: y\r\n".repeat(500)}\r\n`,
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\r\n\r\n\r\n",
];

/** Bodies that the routes of this ending take. */
function bodies({ ids: { id, runId }, cwd }: Targets): [route: RegExp, body: object][] {
  return [
    [/chat$/, { message: "hi", onDisconnect: "stop" }],
    [/chat$/, { message: "hi", sessionId: id, permissions: "ask", model: "m", after: 0 }],
    [/chat$/, { message: "hi", cwd, limits: { turns: 1, minutes: 1, tokens: 1000, usd: 1 } }],
    [/chat$/, { sessionId: id, retryOf: runId, interrupt: true }],
    [/stop$/, { runId, subagentId: id, toolCallId: id, hard: true }],
    [/stop$|compact$/, { runId }],
    [/pause$/, { runId, cut: true }],
    [/resume$/, { runId, by: 1 }],
    [/queue/, { message: "hi", waitsFor: "turn", position: 0 }],
    [/sessions\/:id$/, { title: "A title", model: "m", permissions: "edits" }],
    [
      /sessions\/:id$|settings$/,
      { options: { effort: "low", temperature: 1, maxOutputTokens: 99 } },
    ],
    [/approvals/, { decision: "deny", message: "no" }],
    [/undo$|redo$/, { overwrite: ["a"], spare: ["b"], evenIfNotNewest: true }],
    [/processes/, { pinned: true }],
    [/sign-in$/, { token: "x" }],
    [/settings$/, { provider: "nobody", providers: { nobody: { baseUrl: "http://x" } } }],
    [/limits$/, { run: { turns: 5 }, day: {}, atLimit: "ask", stallMinutes: 10 }],
  ];
}

export function createGenerator(random: SeededRandom, targets: Targets): () => GeneratedRequest {
  const pick = <T>(from: readonly T[]): T => random.pick(from);
  const chance = (share: number) => random.chance(share);

  function next(): GeneratedRequest {
    if (chance(0.05)) return notHttp();
    const [named, pattern] = pick(chance(0.9) ? routes : pages).split(" ") as [string, string];
    const method = chance(0.85) ? named : pick(methods);
    const path = oddPath(
      pattern.replaceAll(/:(\w+)/g, (_, parameter: string) => idFor(method, parameter)),
    );
    const isStream = method === "GET" && pattern.endsWith("/events");
    const query = isStream || chance(0.3) ? `?${pick(queries)}` : "";
    const hasBody = method !== "GET" && method !== "HEAD" && chance(0.8);
    const headers = [`Host: ${targets.host}`, ...authorization()];
    if (chance(0.3)) headers.push(pick(oddHeaders));
    const body = hasBody ? bodyFor(pattern) : "";
    const isChunked = hasBody && chance(0.1);
    if (isChunked) headers.push("Transfer-Encoding: chunked");
    else if (hasBody) headers.push(`Content-Length: ${Buffer.byteLength(body, "latin1")}`);
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const sent = isChunked && body !== "" ? chunks : isChunked ? "0\r\n\r\n" : body;
    return {
      text: `${method} ${path}${query} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${sent}`,
      isHead: method === "HEAD",
      isHttp: true,
    };
  }

  function authorization(): string[] {
    if (targets.authorization !== undefined) return [`Authorization: ${targets.authorization}`];
    if (chance(0.002)) return ["Authorization: Bearer wrong"];
    return chance(0.2)
      ? [`Authorization: ${pick(["", "Bearer", "Bearer ", "Basic eA==", "x"])}`]
      : [];
  }

  function oddPath(path: string): string {
    if (!chance(0.15)) return path;
    return pick([
      path.replace("/api", "/API"),
      path.replace("/api", "//api"),
      path.replace("/api", "/%61pi"),
      path.replace("/api", "/api/%2e%2e/api"),
      path.replace("/api", "/x/../api"),
      path.replaceAll("/", "%2f").replace("%2f", "/"),
      `${path}/`,
      `${path}.`,
      `${path}%20`,
      `${path}%00`,
      `${path};x`,
      `${path}.gz`,
      `/assets/..%2f..${path}`,
      `${path}\\..\\..`,
    ]);
  }

  /** Mostly one that exists. A session that is deleted could be named no more. */
  function idFor(method: string, parameter: string): string {
    const known = targets.ids[parameter as keyof Targets["ids"]];
    return known === undefined || method === "DELETE" || chance(0.3) ? pick(badIds) : known;
  }

  function bodyFor(pattern: string): string {
    const kind = random.next();
    if (kind < 0.05)
      return pick(["{", "[]", "null", "5", '"x"', "{}x", "\ufeff{}", "\xff\xfe", "["]);
    if (kind < 0.07) return "[".repeat(100_000);
    const all = bodies(targets);
    const fitting = all.filter(([route]) => route.test(pattern));
    const [, chosen] = pick(fitting.length > 0 && chance(0.8) ? fitting : all);
    if (kind < 0.4) return JSON.stringify(chosen);
    const changed = pick([...Object.keys(chosen), "another", "__proto__"]);
    const rest = Object.entries(chosen).filter(([key]) => key !== changed);
    const pairs = rest.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    return `{${[...pairs, `${JSON.stringify(changed)}:${pick(badValues)}`].join(",")}}`;
  }

  function notHttp(): GeneratedRequest {
    const text = chance(0.8)
      ? pick(malformed).replaceAll("@", targets.host)
      : Array.from({ length: 200 }, () => String.fromCharCode(random.below(256))).join("");
    return { text, isHead: false, isHttp: false };
  }

  return next;
}
