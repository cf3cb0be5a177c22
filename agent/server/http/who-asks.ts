/** Who asks: by a credential, or by what a trusted proxy says of the request. */
import type { Context, MiddlewareHandler } from "hono";
import { type Asker, hopHeader } from "../../shared/protocol";
import { type ApiKeys, isApiKey } from "../access/api-keys";
import type { People } from "../access/known-people";
import type { OidcSignIn } from "../access/oidc-sign-in";
import { isSame } from "../access/secrets";
import type { SignIns } from "../access/sign-ins";
import type { TrustedProxies } from "../config/trusted-proxies";
import { decodedHeader, userName } from "../config/user-name";
import type { WrongTokens } from "../access/wrong-tokens";
import { log } from "../log";
import type { ProxyAccounts } from "../unix-users/proxy-accounts";
import { connectionOwners } from "../unix-users/connection-owner";
import type { Config } from "../config/config";
import { httpError } from "./http-error";
import { ownPort, peerOf } from "./peer";

declare module "hono" {
  interface ContextVariableMap {
    /** The sign-in that the request's credential belongs to; absent for what is no browser. */
    signInId?: string;
    /** What ends with its streams when it is taken back: a sign-in's id, or another one's; absent for the script token. */
    credentialId?: string;
    asker: Asker;
    /** The node that has passed the request on; absent where a client has sent it. */
    hop?: string;
  }
}

/** How a node of a cluster and the others know each other. */
export interface ClusterAccess {
  /**
   * Of a request that another node passes on: throws the refusal of what does not prove the key, did not mean this node, comes
   * again, or may be misread; else notes who asks. False: the sender has not proven that it has the key.
   */
  accept: (c: Context) => Promise<boolean>;
  /** Every answer says which node has given it, and proves it to a node that has proven the key. */
  answer: MiddlewareHandler;
}

interface Proxy {
  header: string;
  trusted: TrustedProxies;
  /** Where people have accounts on this machine: as which Unix users a proxy runs. Programs of others are none. */
  accounts?: Pick<ProxyAccounts, "has"> | undefined;
}

export interface Access extends Pick<Config, "hosts"> {
  token: string;
  signIns: SignIns;
  keys: ApiKeys;
  /** Absent: one person, without a name. */
  people?: People | undefined;
  /** The header in which these proxies name who asks. */
  proxy?: Proxy | undefined;
  oidc?: OidcSignIn | undefined;
  wrongTokens: WrongTokens;
  /** Of a node of a cluster. */
  cluster?: ClusterAccess;
  /** This is the server of one person: its front has the token, and says who asks. */
  ofFront?: {
    /** The ids of the person's sign-ins, as the front has said. */
    signIns: Set<string>;
  };
}

/** Of a request that a front passes on to the server of a person: the person's name, encoded as in an address. */
export const personHeader = "X-Rein-User";

/** The sign-in of the browser that the front has the request from. */
export const signInHeader = "X-Rein-Sign-In";

/** The same, of one who is not that person, and has what was shared with them. */
export const guestHeader = "X-Rein-Guest";

function frontsAsker(c: Context): Asker | undefined {
  const name = c.req.header(personHeader);
  if (name === undefined) return undefined;
  const role = c.req.header(guestHeader) === undefined ? "admin" : "member";
  return { name: decodeURIComponent(name), role };
}

/** What only a front says of a request. */
function takeFront(c: Context, { signIns }: NonNullable<Access["ofFront"]>): void {
  const hop = c.req.header(hopHeader);
  if (hop !== undefined) c.set("hop", hop);
  const signIn = c.req.header(signInHeader);
  if (signIn === undefined) return;
  signIns.add(signIn);
  c.set("signInId", signIn);
  c.set("credentialId", signIn);
}

/** Throws the refusal of a request whose credential is missing, wrong, or not of the one whom the proxy names. */
export async function identify(c: Context, access: Access, host: string): Promise<void> {
  const presented = bearerOf(c);
  const proxied = await proxiedName(c, access);
  if (presented === undefined && proxied === undefined) throw httpError(401, "token", words);
  if (presented === undefined) return takeProxied(c, access, proxied!);
  if (isScriptToken(access, presented)) {
    if (access.ofFront) takeFront(c, access.ofFront);
    return c.set("asker", (access.ofFront && frontsAsker(c)) || { role: "admin" });
  }
  const isKey = isApiKey(presented);
  const signIn = isKey ? undefined : await access.signIns.use(presented, host);
  const key = isKey ? await access.keys.use(presented) : undefined;
  const used = signIn ?? key;
  if (used === undefined) return refuseToken(c, access.wrongTokens);
  // The page signs in anew, as the one who asks now.
  if (signIn?.viaProxy ? proxied !== signIn.user : proxied !== undefined && proxied !== used.user)
    throw httpError(401, "token", otherPerson);
  c.set("asker", used.user === undefined ? { role: "admin" } : known(access, used.user));
  if (signIn) c.set("signInId", signIn.id);
  c.set("credentialId", signIn?.id ?? keyCredential(used.id));
}

const keyPrefix = "key:";

/** The ids of credentials that are no sign-ins. */
export function keyCredential(id: string): string {
  return keyPrefix + id;
}

export function personCredential(name: string): string {
  return `person:${name}`;
}

/** Refuses a program with an API key what would stay when the key is revoked. */
export function refuseKey(c: Context): void {
  if (c.get("credentialId")?.startsWith(keyPrefix) !== true) return;
  throw httpError(
    403,
    "key",
    "A key makes no other key and signs no browser in, so that all it gave ends when it is revoked. Use a browser that is signed in, or the script token.",
  );
}

/**
 * Throws the refusal of what the request came with, where that was taken back since, or gives something else by now; of what
 * another node has let in, only the refusal of a person who was removed.
 */
export function refuseEnded(c: Context, access: Access): void {
  // What a front has let in, it refuses itself.
  if (access.ofFront !== undefined) return;
  if (c.get("hop") !== undefined) return refuseRemovedThere(c, access);
  const id = c.get("credentialId");
  if (id === undefined) return;
  const { name, role } = c.get("asker");
  if (name !== undefined && askerNow(access, name).role !== role)
    throw httpError(403, "role", "What you may do was changed in this moment. Try again.");
  if (!isThere(c, access, id))
    throw httpError(
      401,
      "token",
      "The sign-in or the key that this came with has ended meanwhile.",
    );
}

/** Whom the other node let in a moment ago may not be known here yet. */
function refuseRemovedThere(c: Context, { people }: Access): void {
  const { name } = c.get("asker");
  if (name !== undefined && people?.removalOf(name) !== undefined) refuseRemoved(name);
}

function isThere(c: Context, { signIns, keys }: Access, credentialId: string): boolean {
  if (c.get("signInId") !== undefined) return signIns.has(credentialId);
  const keyId = credentialId.startsWith(keyPrefix) && credentialId.slice(keyPrefix.length);
  return keyId === false || keys.has(keyId);
}

/** Whether this is the script token. */
export function isScriptToken({ token }: Access, text: string): boolean {
  return isSame(text, token);
}

/** Throws the refusal of a wrong token, late. */
export async function refuseToken(c: Context, wrongTokens: WrongTokens): Promise<never> {
  const isHeard = await wrongTokens.delay(peerOf(c)?.address ?? "");
  if (!isHeard) throw httpError(429, "token", "Too many wrong tokens were sent. Try again later.");
  throw httpError(401, "token", words);
}

export function bearerOf(c: Context): string | undefined {
  return c.req.header("authorization")?.match(/^Bearer (\S+)$/i)?.[1];
}

/**
 * Whom the proxy at the other end of the connection names; undefined when it is no trusted one, or names nobody. What anyone
 * else writes into that header says nothing. Throws the refusal of what cannot be a name.
 */
export async function proxiedName(c: Context, { proxy }: Access): Promise<string | undefined> {
  if (proxy === undefined) return undefined;
  const value = c.req.header(proxy.header);
  if (value === undefined || !proxy.trusted.has(peerOf(c)?.address ?? "")) return undefined;
  await refuseProgram(c, proxy);
  const name = userName(decodedHeader(value));
  if (name !== undefined) return name;
  throw httpError(
    400,
    "user",
    `The proxy’s header ${proxy.header} is no name: expected it once, with 1 to 200 characters that can be seen, and no comma.`,
  );
}

/** A command of a person reaches the port as a proxy on this machine does, and could name anybody. */
async function refuseProgram(c: Context, { header, accounts }: Proxy): Promise<void> {
  const [peer, port] = [peerOf(c), ownPort(c)];
  if (accounts === undefined || peer === undefined || port === undefined) return;
  const owners = connectionOwners(peer, port);
  if (owners === undefined) return;
  const believed = await Promise.all(owners.map((uid) => accounts.has(uid)));
  if (believed.length > 0 && believed.every(Boolean)) return;
  const [by = "one that has closed it"] = owners.map((uid) => `the Unix user ${uid}`);
  log.warn({ peer, owners }, "A program of this machine has named who asks, and was refused");
  throw httpError(
    403,
    "user",
    `The header ${header} is believed from a proxy that runs as root, as an account of the system (below UID_MIN), or as one that REIN_TRUSTED_PROXY_USERS names, and this connection is of ${by}.`,
  );
}

/** Throws the refusal of one whom an admin has removed. */
export function known({ people }: Access, name: string): Asker {
  return people?.see(name) ?? refuseRemoved(name);
}

function askerNow({ people }: Access, name: string): Asker {
  return people?.asker(name) ?? refuseRemoved(name);
}

function refuseRemoved(name: string): never {
  throw httpError(403, "role", `“${name}” was removed from this server. Ask one of its admins.`);
}

function takeProxied(c: Context, access: Access, name: string): void {
  c.set("asker", known(access, name));
  c.set("credentialId", personCredential(name));
}

const words =
  "The credential is missing, wrong, or no longer valid. Open a sign-in address in a browser (the server prints one when it " +
  "starts, and “bun start” in a second terminal prints another), or send the script token as “Authorization: Bearer …”.";

const otherPerson = "This browser was signed in as somebody else. Sign in again.";
