/** Signing in by OpenID Connect: the code flow with PKCE, state and nonce, bound to the browser that began it, each answer once. */
import { z } from "zod";
import { log } from "../log";
import { seal, sealKey, unseal } from "./sealed-text";
import { hashOf, newSecret } from "./secrets";
import type { EntryKind, OpenEntries, SharedEntries } from "./shared-entries";

interface OidcService {
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
interface OidcPerson {
  /** The claim, as it came. */
  name: string;
  account: { issuer: string; subject: string };
}

type Library = typeof import("openid-client");
type Found = Awaited<ReturnType<Library["discovery"]>>;

/** A person may have to look for a password. */
const begunMs = 15 * 60_000;
const answerSeconds = 10;
/** The clocks of two machines may differ by so much. */
const skewSeconds = 60;

/**
 * What the browser that began keeps, sealed, until it is back. Nothing of it is kept here: a stranger who begins very often
 * takes no place from anybody.
 */
const begun = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUri: z.string(),
  expiresAt: z.number(),
});

type Begun = z.infer<typeof begun>;

/** The hash of the state of a sign-in that has succeeded. */
const done = z.strictObject({ id: z.string(), expiresAt: z.number() });

const kind: EntryKind<z.infer<typeof done>> = { name: "oidc-done", schema: done };

export class OidcSignIn {
  readonly #service: OidcService;
  readonly #done: SharedEntries<z.infer<typeof done>>;
  readonly #key: Buffer;
  #found: Promise<[Library, Found]> | undefined;

  /** `token`: the script token. */
  constructor(service: OidcService, openEntries: OpenEntries, token: string) {
    this.#service = service;
    this.#done = openEntries(kind);
    this.#key = sealKey(token, "oidc");
  }

  /** For people. */
  get name(): string {
    return this.#service.issuer.host;
  }

  /** The address at which the person signs in, and what the browser keeps until they are back. Throws OidcError. */
  async begin(redirectUri: string): Promise<{ url: string; secret: string }> {
    const [library, found] = await this.#discover();
    const [state, nonce] = [newSecret(), newSecret()];
    const verifier = library.randomPKCECodeVerifier();
    const expiresAt = Date.now() + begunMs;
    const kept: Begun = { state, nonce, verifier, redirectUri, expiresAt };
    const secret = seal(JSON.stringify(kept), this.#key);
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
    const text = unseal(secret, this.#key);
    if (text === undefined) throw new OidcError(otherBrowser);
    const known = begun.parse(JSON.parse(text));
    const id = hashOf(state);
    if (known.state !== state || known.expiresAt <= Date.now() || (await this.#done.find({ id })))
      throw new OidcError(unknown);
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
    await this.#takeOnce(id, known.expiresAt);
    return this.#personIn(claims);
  }

  async #takeOnce(id: string, expiresAt: number): Promise<void> {
    const over = this.#done.all().filter((one) => one.expiresAt <= Date.now());
    await this.#done.remove(over.map((one) => one.id));
    if (!(await this.#done.add({ id, expiresAt }))) throw new OidcError(unknown);
  }

  #personIn(claims: Record<string, unknown> & { iss: string; sub: string }): OidcPerson {
    const { claim, allowed } = this.#service;
    const name = claims[claim];
    if (typeof name !== "string")
      throw new OidcError(
        `${this.name} did not say your “${claim}”: let it send that claim in the ID token, or name another in REIN_OIDC_CLAIM.`,
      );
    const needsEmail = claim === "email" || allowed.domains !== undefined;
    // Some services send it as a text.
    const isVerified = String(claims["email_verified"]);
    const isUnsaid = claims["email_verified"] === undefined && allowed.domains === undefined;
    if (needsEmail && isVerified !== "true" && !isUnsaid)
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
