/** Failures of what stands between: proxies, gateways, sign-in pages, and servers that are no API. */
import type { WireName } from "../upstream/wire";
import { type FailureRow, keyRefused, rowsOf, settings } from "./failure-row";

const page = (title: string, text = title) =>
  `<!doctype html><html><head><title>${title}</title><style>b{color:red}</style></head>` +
  `<body><center><h1>${text}</h1></center><hr><center>nginx/1.25.3</center></body></html>`;

/** A sentence about what was there instead of the API. */
const noApi = /address|proxy|gateway|page/i;

const wires: WireName[] = ["anthropic", "openai", "openai-chat", "gemini"];

export const gatewayFailures: FailureRow[] = wires.flatMap((wire) =>
  rowsOf(wire, {
    "a page for a bad gateway": {
      status: 502,
      body: page("502 Bad Gateway"),
      code: "server",
      retryable: true,
      says: [/502/],
      never: [settings, /color:red/],
    },
    "a page for a gateway that timed out": {
      status: 504,
      body: page("504 Gateway Time-out"),
      code: "timeout",
      retryable: true,
      says: [/504/, /Time-out/],
      never: [/color:red/],
    },
    "Cloudflare: a time-out of the origin": {
      status: 524,
      body: page("example.com | 524: A timeout occurred"),
      code: "timeout",
      retryable: true,
      says: [/524/],
    },
    "Cloudflare: a block": {
      status: 403,
      body: page("Attention Required! | Cloudflare", "Sorry, you have been blocked"),
      code: "permission",
      says: [/403/, /you have been blocked/],
      never: [keyRefused, /color:red/],
    },
    "nginx: too large a request": {
      status: 413,
      body: page("413 Request Entity Too Large"),
      code: "context-length",
      says: [/Too Large/],
    },
    "a proxy that wants to know the user": {
      status: 407,
      headers: { "proxy-authenticate": "Basic" },
      body: page("407 Proxy Authentication Required"),
      code: "proxy",
      says: [/proxy/i],
      never: [keyRefused],
    },
    "a page where the API should be": {
      status: 404,
      body: page("404 Not Found"),
      code: "not-found",
      says: [/http:\/\/127/],
    },
    "a sign-in page with 200": {
      body: page("Log in to the network"),
      code: "cut",
      retryable: true,
      says: [/http:\/\/127/, noApi],
    },
    "no content": {
      status: 204,
      body: "",
      code: "cut",
      retryable: true,
      says: [/http:\/\/127/],
    },
    "nothing, with 200": {
      body: "",
      code: "cut",
      retryable: true,
      says: [/http:\/\/127/, /empty|nothing/],
    },
    "nothing, with 500": {
      status: 500,
      body: "",
      code: "server",
      retryable: true,
      says: [/500/],
    },
    "nothing, with 401": {
      status: 401,
      body: "",
      code: "authentication",
      says: [keyRefused, /401/],
    },
    "nothing, with 403": {
      status: 403,
      body: "",
      code: "permission",
      says: [/403/],
      never: [keyRefused],
    },
    "plain text, with 429": {
      status: 429,
      headers: { "retry-after": "3" },
      body: "Too many requests",
      code: "rate-limit",
      retryable: true,
      retryAfterMs: 3000,
      says: [/3 s/],
    },
    "plain text, with 503": {
      status: 503,
      body: "no healthy upstream",
      code: "overloaded",
      retryable: true,
      says: [/overloaded|unavailable/i],
    },
  }),
);
