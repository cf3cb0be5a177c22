/** The security headers of answers: of the API, and of the page, whose policy lets no model output run as script. */
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { wireHeader, wireVersion } from "../../shared/protocol";

type Options = NonNullable<Parameters<typeof secureHeaders>[0]>;

/** Nothing but what is named: this server speaks plain HTTP, often beside others under the same name. */
const none = {
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} satisfies Options;

/** No page of another origin may embed an answer, no browser guesses its type, and nothing of it is stored. */
export const apiHeaders: MiddlewareHandler[] = [
  secureHeaders(none),
  async (c, next) => {
    await next();
    c.res.headers.set("Cache-Control", "no-store");
    c.res.headers.set(wireHeader, String(wireVersion));
  },
];

export const pageHeaders = secureHeaders({
  ...none,
  crossOriginOpenerPolicy: true,
  referrerPolicy: true,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    // Attached pictures, which the page fetches with its credential.
    imgSrc: ["'self'", "data:", "blob:"],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    // The document that draws diagrams, which can lead its frame nowhere else.
    frameSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** Where services answer to sign-ins to MCP servers: a navigation from another site, without a credential. */
export const callbackPath = "/api/mcp/callback";

/** Its answer is a few words. */
export const callbackPolicy =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The reference of the API: its style sheet stands in it, and it sends nothing. */
export function referencePolicy(styleSource: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styleSource}`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/**
 * The document that draws diagrams: sandboxed wherever it is opened, shown by this server's page only, and without a
 * network. Its own policy names its scripts.
 */
export const diagramHeaders = secureHeaders({
  ...none,
  referrerPolicy: true,
  contentSecurityPolicy: {
    sandbox: ["allow-scripts"],
    defaultSrc: ["'none'"],
    scriptSrc: ["'unsafe-inline'"],
    styleSrc: ["'unsafe-inline'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'self'"],
  },
});
