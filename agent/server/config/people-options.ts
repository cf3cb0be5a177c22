/** The options that give people names, and Unix accounts. */
import { hostname, isLoopback } from "./hostname";
import { listed, option, parseHosts } from "./option";
import { parseProxies } from "./trusted-proxies";
import { userName } from "./user-name";

export const unixUsers = option({
  flag: "unix-users",
  variable: "REIN_UNIX_USERS",
  value: "on|NAME=ACCOUNT,…",
  help: "Run a server for each person as a Unix account of that name, or of this list; needs root",
  default: "off",
  expected: "on, off, or people with their accounts, such as anna=anna,bob@example.org=bob",
  parse: parseUnixUsers,
});

export const peopleOptions = {
  userHeader: option({
    flag: "user-header",
    variable: "REIN_USER_HEADER",
    value: "NAME",
    help: "Header in which a proxy says who asks, such as X-Forwarded-User",
    default: "none: one person, one token",
    expected: "the name of a header that the proxy sets itself, such as X-Forwarded-User",
    parse: parseHeaderName,
  }),
  trustedProxies: option({
    flag: "trusted-proxies",
    variable: "REIN_TRUSTED_PROXIES",
    value: "ADDRESSES",
    help: "From where that header is believed: addresses and blocks, separated by commas",
    default: "nowhere",
    expected: "addresses and blocks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas",
    parse: (text) => parseProxies(listed(text)),
  }),
  trustedProxyUsers: option({
    flag: "trusted-proxy-users",
    variable: "REIN_TRUSTED_PROXY_USERS",
    value: "ACCOUNTS",
    help: "With --unix-users: further Unix accounts as which a proxy on this machine runs",
    default: "root and the system’s",
    expected: "names of Unix accounts that are nobody’s but the proxy’s, separated by commas",
    parse: parseAccounts,
  }),
  admins: option({
    flag: "admins",
    variable: "REIN_ADMINS",
    value: "NAMES",
    help: "Names of people who are admins, separated by commas",
    default: "none but who has the token",
    expected: "names, separated by commas",
    parse: parsePeople,
  }),
  oidcIssuer: option({
    flag: "oidc-issuer",
    variable: "REIN_OIDC_ISSUER",
    value: "ADDRESS",
    help: "Service that signs people in by OpenID Connect",
    default: "none",
    expected: "an https address, or an http one of this machine",
    parse: parseIssuer,
  }),
  oidcClientId: option({
    flag: "oidc-client-id",
    variable: "REIN_OIDC_CLIENT_ID",
    value: "TEXT",
    help: "What Rein is called there; its secret is REIN_OIDC_CLIENT_SECRET",
    default: "none",
    expected: "the id of a client at that service",
    parse: (text) => text,
  }),
  oidcClaim: option({
    flag: "oidc-claim",
    variable: "REIN_OIDC_CLAIM",
    value: "NAME",
    help: "Which of its claims is a person’s name",
    default: "email",
    expected: "the name of a claim, such as email or preferred_username",
    parse: (text) => (/^[\w:./-]{1,100}$/.test(text) ? text : undefined),
  }),
  oidcDomains: option({
    flag: "oidc-domains",
    variable: "REIN_OIDC_DOMAINS",
    value: "NAMES",
    help: "Domains of verified e-mail addresses that are let in",
    default: "all whom the service signs in",
    expected: "domains such as example.com, separated by commas",
    parse: (text) => {
      const domains = parseHosts(text);
      return domains?.every((one) => one.includes(".")) ? domains : undefined;
    },
  }),
  oidcGroups: option({
    flag: "oidc-groups",
    variable: "REIN_OIDC_GROUPS",
    value: "NAMES",
    help: "Groups (the claim “groups”) that are let in",
    default: "all whom the service signs in",
    expected: "names of groups, separated by commas",
    parse: parsePeople,
  }),
};

/** `every`: each person's account has the person's name. */
export type UnixAccounts = "every" | ReadonlyMap<string, string>;

/** Nobody is named twice, and no account: two people in one account would not be apart. */
function parseUnixUsers(text: string): UnixAccounts | "off" | undefined {
  if (text === "on") return "every";
  if (text === "off") return "off";
  const pairs = listed(text).map((one) => one.match(/^([^=]+)=([^=]+)$/)?.slice(1) ?? []);
  const accounts = new Map(pairs.map(([name = "", account = ""]) => [name, account]));
  const isWhole =
    accounts.size === pairs.length && new Set(accounts.values()).size === pairs.length;
  return pairs.length > 0 && isWhole && !accounts.has("") ? accounts : undefined;
}

function parseHeaderName(text: string): string | undefined {
  const name = text.toLowerCase();
  // Those have a meaning of their own.
  const isTaken = ["authorization", "cookie", "host", "origin", "x-rein-user"].includes(name);
  return /^[a-z0-9-]{1,100}$/.test(name) && !isTaken ? name : undefined;
}

function parseAccounts(text: string): string[] | undefined {
  const names = listed(text);
  return names.length > 0 && names.every((one) => isAccountName(one)) ? names : undefined;
}

/** As systems have them. */
export function isAccountName(text: string): boolean {
  return /^[a-z_][\w.-]{0,31}$/i.test(text);
}

function parsePeople(text: string): string[] | undefined {
  const names = text.split(",").filter((one) => one.trim() !== "");
  const known = names.flatMap((one) => userName(one) ?? []);
  return known.length === names.length && names.length > 0 ? known : undefined;
}

function parseIssuer(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.search !== "" || url.hash !== "") return undefined;
  const isLocal = url.protocol === "http:" && isLoopback(hostname(url.host));
  return url.protocol === "https:" || isLocal ? url : undefined;
}
