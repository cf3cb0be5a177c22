/** Signing in by OpenID Connect: the code flow with PKCE, state and nonce, bound to the browser that began it, each answer once. */
import { z } from "zod";
import { log } from "../log";
import { hashOf, newSecret } from "./secrets";
import type { EntryKind, OpenEntries, SharedEntries } from "./shared-entries";

export interface OidcService {
  issuer: URL;
  clientId: string;
  clientSecret: string | undefined;
  claim: string;
  allowed: { domains?: string[]; groups?: string[] };
}

/** Why somebody is not signed in, in words for them. */
export class OidcError extends Error {
  override readonly name = "OidcError";
}

/** Who has signed in, as the service says it. */
export interface OidcPerson {
  /** The claim, as it came. */
  name: string;
  account: { issuer: string; subject: string };
}

type Library = typeof import("openid-client");
type Found = Awaited<ReturnType<Library["discovery"]>>;

/** A person may have to look for a password. */
const begunMs = 15 * 60_000;
const maxBegun = 1000;
const answerSeconds = 10;
/** The clocks of two machines may differ by so much. */
const skewSeconds = 60;

const begun = z.strictObject({
  /** The hash of the state. */
  id: z.string(),
  /** Of what only the browser that began it has. */
  secretHash: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUri: z.string(),
  expiresAt: z.number(),
});

type Begun = z.infer<typeof begun>;

const kind: EntryKind<Begun> = { name: "oidc-begun", schema: begun };

export class OidcSignIn {
  readonly #service: OidcService;
  readonly #begun: SharedEntries<Begun>;
  #found: Promise<[Library, Found]> | undefined;

  constructor(service: OidcService, openEntries: OpenEntries) {
    this.#service = service;
    this.#begun = openEntries(kind);
  }

  /** For people. */
  get name(): string {
    return this.#service.issuer.host;
  }

  /** The address at which the person signs in, and what the browser keeps until they are back. Throws OidcError. */
  async begin(redirectUri: string): Promise<{ url: string; secret: string }> {
    const [library, found] = await this.#discover();
    const [state, nonce, secret] = [newSecret(), newSecret(), newSecret()];
    const verifier = library.randomPKCECodeVerifier();
    const now = Date.now();
    const over = this.#begun.all().filter(({ expiresAt }) => expiresAt <= now);
    await this.#begun.remove(over.map(({ id }) => id));
    if (this.#begun.all().length >= maxBegun)
      throw new OidcError("Too many people are signing in just now. Try again later.");
    await this.#begun.add({
      id: hashOf(state),
      secretHash: hashOf(secret),
      nonce,
      verifier,
      redirectUri,
      expiresAt: now + begunMs,
    });
    const scopes = ["openid", "email", "profile"];
    if (this.#service.allowed.groups) scopes.push("groups");
    const url = library.buildAuthorizationUrl(found, {
      redirect_uri: redirectUri,
      scope: scopes.join(" "),
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    return { url: url.href, secret };
  }

  /** `answer`: the query with which the service has sent the browser back. Each is taken once. Throws OidcError. */
  async finish(answer: string, secret: string): Promise<OidcPerson> {
    const query = new URLSearchParams(answer);
    const state = query.get("state") ?? "";
    const known = await this.#begun.find({ id: hashOf(state) });
    if (known === undefined || known.expiresAt <= Date.now()) throw new OidcError(unknown);
    if (known.secretHash !== hashOf(secret)) throw new OidcError(otherBrowser);
    if ((await this.#begun.remove([known.id])).length === 0) throw new OidcError(unknown);
    const [library, found] = await this.#discover();
    const url = new URL(known.redirectUri);
    url.search = query.toString();
    const expected = {
      expectedState: state,
      expectedNonce: known.nonce,
      pkceCodeVerifier: known.verifier,
      idTokenExpected: true,
    };
    const tokens = await library
      .authorizationCodeGrant(found, url, expected)
      .catch((error: unknown) => {
        log.warn({ err: error }, "A sign-in by OpenID Connect has failed");
        throw new OidcError(wordsOf(error, this.name));
      });
    const claims = tokens.claims();
    if (claims === undefined) throw new OidcError(`${this.name} did not say who you are.`);
    return this.#personIn(claims);
  }

  #personIn(claims: Record<string, unknown> & { iss: string; sub: string }): OidcPerson {
    const { claim, allowed } = this.#service;
    const name = claims[claim];
    if (typeof name !== "string")
      throw new OidcError(
        `${this.name} did not say your “${claim}”: let it send that claim in the ID token, or name another in REIN_OIDC_CLAIM.`,
      );
    const needsEmail = claim === "email" || allowed.domains !== undefined;
    const isVerified = claims["email_verified"];
    if (needsEmail && (isVerified === false || (allowed.domains && isVerified !== true)))
      throw new OidcError(`Your e-mail address is not verified at ${this.name}.`);
    const email = typeof claims["email"] === "string" ? claims["email"] : "";
    const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
    if (allowed.domains && !allowed.domains.includes(domain))
      throw new OidcError("Your account is of no domain that is let in here.");
    const groups = Array.isArray(claims["groups"]) ? (claims["groups"] as unknown[]) : [];
    if (allowed.groups && !allowed.groups.some((one) => groups.includes(one)))
      throw new OidcError("Your account is in no group that is let in here.");
    return { name, account: { issuer: claims.iss, subject: claims.sub } };
  }

  /** Loaded and asked when it is first needed; a failure is tried again. */
  async #discover(): Promise<[Library, Found]> {
    const { issuer, clientId, clientSecret } = this.#service;
    const find = async (): Promise<[Library, Found]> => {
      const library = await import("openid-client");
      const isPlain = issuer.protocol === "http:";
      const found = await library.discovery(
        issuer,
        clientId,
        { [library.clockTolerance]: skewSeconds },
        clientSecret === undefined ? library.None() : library.ClientSecretPost(clientSecret),
        {
          timeout: answerSeconds,
          // Of this machine alone: the configuration takes no other.
          ...(isPlain && { execute: [library.allowInsecureRequests] }),
        },
      );
      return [library, found];
    };
    const finding = (this.#found ??= find());
    try {
      return await finding;
    } catch (error) {
      if (this.#found === finding) this.#found = undefined;
      log.warn({ err: error }, "The OpenID Connect service could not be asked");
      throw new OidcError(
        `${this.name} does not answer as a sign-in service. Try again; an admin can sign in with the address that the server prints.`,
      );
    }
  }
}

const unknown =
  "This sign-in is not known here: it was used before, is older than 15 minutes, or began elsewhere. Sign in again.";
const otherBrowser = "This sign-in began in another browser, or another tab. Sign in again.";

function wordsOf(error: unknown, service: string): string {
  const { error: code, code: kind, message = "" } = error as Record<string, string | undefined>;
  if (code === "access_denied") return `${service} did not let you in, or you declined.`;
  if (code !== undefined) return `${service} refused the sign-in (${code}).`;
  if (
    kind === "OAUTH_JWT_TIMESTAMP_CHECK_FAILED" ||
    /timestamp|expired|"(iat|exp|nbf)"/i.test(message)
  )
    return `The clocks of ${service} and of this server differ too much, or the answer is too old. Sign in again; if that does not help, set the clock.`;
  if (kind?.startsWith("OAUTH_"))
    return `What ${service} answered is not what was asked for. Sign in again.`;
  return `${service} could not be asked who you are. Sign in again.`;
}
