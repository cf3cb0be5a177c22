/** How people get names on this server: from a proxy in front of it, from a sign-in service, or, by default, not at all. */
import type { TrustedProxies } from "./trusted-proxies";
import type { Option } from "./option";

export interface OidcConfig {
  issuer: URL;
  clientId: string;
  clientSecret: string | undefined;
  /** The claim that is the name. */
  claim: string;
  /** Only these may come in; absent: everyone whom the service signs in. */
  allowed: { domains?: string[]; groups?: string[] };
}

export interface PeopleConfig {
  /** In lower case. */
  header?: string;
  proxies?: TrustedProxies;
  /** Names of people who are admins. */
  admins: string[];
  oidc?: OidcConfig;
}

/** As `options` has them. */
export interface PeopleOptions {
  userHeader: Option<string>;
  trustedProxies: Option<TrustedProxies>;
  admins: Option<string[]>;
  oidcIssuer: Option<URL>;
  oidcClientId: Option<string>;
  oidcClaim: Option<string>;
  oidcDomains: Option<string[]>;
  oidcGroups: Option<string[]>;
}

/** It has no flag: a command line can be read by every user of the machine. */
export const secretVariable = "REIN_OIDC_CLIENT_SECRET";

/** Undefined where people have no names. Throws an Error that says what is missing. `secret`: as the environment has it. */
export function readPeople(
  options: PeopleOptions,
  read: <Value>(option: Option<Value>) => Value | undefined,
  secret: string | undefined,
): PeopleConfig | undefined {
  const header = read(options.userHeader);
  const proxies = read(options.trustedProxies);
  const admins = read(options.admins);
  const oidc = readOidc(options, read, secret);
  if ((header === undefined) !== (proxies === undefined))
    throw new Error(
      header === undefined
        ? "REIN_TRUSTED_PROXIES is set without REIN_USER_HEADER: name the header in which they say who asks, or leave both out."
        : `REIN_USER_HEADER without REIN_TRUSTED_PROXIES would let everyone in under any name: set that to the addresses from which the proxy connects, such as 127.0.0.1.`,
    );
  if (header === undefined && oidc === undefined) {
    if (admins !== undefined)
      throw new Error(
        "REIN_ADMINS names admins, but people have no names here: set REIN_USER_HEADER or REIN_OIDC_ISSUER too, or leave it out.",
      );
    return undefined;
  }
  return {
    admins: admins ?? [],
    ...(header !== undefined && proxies !== undefined && { header, proxies }),
    ...(oidc && { oidc }),
  };
}

function readOidc(
  options: PeopleOptions,
  read: <Value>(option: Option<Value>) => Value | undefined,
  clientSecret: string | undefined,
): OidcConfig | undefined {
  const issuer = read(options.oidcIssuer);
  const clientId = read(options.oidcClientId);
  if ((issuer === undefined) !== (clientId === undefined))
    throw new Error(
      "Signing in by OIDC needs both REIN_OIDC_ISSUER and REIN_OIDC_CLIENT_ID: set the other one too, or leave both out.",
    );
  if (issuer === undefined || clientId === undefined) return undefined;
  const domains = read(options.oidcDomains);
  const groups = read(options.oidcGroups);
  return {
    issuer,
    clientId,
    clientSecret: clientSecret || undefined,
    claim: read(options.oidcClaim) ?? "email",
    allowed: { ...(domains && { domains }), ...(groups && { groups }) },
  };
}
