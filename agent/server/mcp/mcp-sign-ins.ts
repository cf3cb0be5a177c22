/** People's sign-ins to MCP servers over HTTP (OAuth): begun at a person's wish, ended by the service's answer, renewed in calls. */
import { randomBytes } from "node:crypto";
import type { AuthProvider, FetchLike } from "@modelcontextprotocol/client";
import { defined } from "../../shared/defined";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { abortable, neverAborts } from "../abort";
import { authorizationOf } from "./bounded-fetch";
import type { ServerAuth } from "./configured-server";
import { McpError, messageOf } from "./mcp-error";
import { checkAddress, signInFetch } from "./sign-in-fetch";
import { SignInFile } from "./sign-in-file";
import { type OpenSignIn, type SignInPlace, SignInProvider } from "./sign-in-provider";

/** A person has so long for a sign-in. */
const openMs = 10 * 60_000;
const maxOpen = 20;
/** All requests of a step together. */
const stepMs = 30_000;

/** What the service's answer to a sign-in carries. */
export interface SignInAnswer {
  state: string;
  code?: string | undefined;
  iss?: string | undefined;
  error?: string | undefined;
}

interface Step {
  place: SignInPlace;
  controller: AbortController;
}

type UnauthorizedContext = Parameters<NonNullable<AuthProvider["onUnauthorized"]>>[0];

export class McpSignIns {
  readonly #file: SignInFile;
  /** By their states. */
  readonly #open = new Map<string, OpenSignIn>();
  /** By their keys: a token that is used once for a newer one must not be used twice. */
  readonly #renewing = new Map<string, Promise<void>>();
  /** What asks services now: a sign-out ends it, so that it keeps nothing after that. */
  readonly #steps = new Set<Step>();
  /** Where a server has said that its sign-in is described, by its address. */
  readonly #hints = new Map<string, { resourceMetadataUrl?: URL; scope?: string }>();

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string) {
    this.#file = new SignInFile(path);
  }

  of(place: SignInPlace): ServerAuth {
    const { key, url } = place;
    return {
      provider: this.#provider(place),
      since: this.#file.of(key, url).since,
      secrets: () => {
        const { tokens } = this.#file.of(key, url);
        const both = [tokens?.access_token, tokens?.["refresh_token"]];
        return both.filter((one) => typeof one === "string");
      },
      signIn: (redirectUrl, signal) => this.#begin(place, redirectUrl, signal),
      signOut: () => this.retain((one) => one !== key),
    };
  }

  /**
   * Takes the service's answer: each state counts once. Throws McpError with a sentence for people when it is not the answer to
   * a sign-in that is open, or does not end in one; or the signal's reason.
   */
  async finish({ state, code, iss, error }: SignInAnswer, signal: AbortSignal): Promise<void> {
    const open = this.#open.get(state);
    this.#open.delete(state);
    if (open === undefined || open.expiresAt <= Date.now())
      throw new McpError("This sign-in is not open, or no longer. Begin it again.");
    if (code === undefined)
      throw new McpError(
        `The service has not signed you in: ${words(error ?? "it sent no code")}.`,
      );
    const { place } = open;
    await this.#step(place, signal, async (sdk, fetchFn, ownSignal) => {
      const provider = new SignInProvider(this.#file, place, open, ownSignal);
      const options = { authorizationCode: code, fetchFn, ...defined({ iss }) };
      await sdk.auth(provider, { serverUrl: place.url, ...options });
    });
  }

  /** Ends and forgets the sign-ins of entries that are gone. Throws what the file system throws. */
  retain(isWanted: (key: string, url: string) => boolean): void {
    const isGone = ({ key, url }: SignInPlace) => !isWanted(key, url);
    for (const [state, { place }] of this.#open) if (isGone(place)) this.#open.delete(state);
    for (const { place, controller } of this.#steps)
      if (isGone(place)) controller.abort(new McpError("It was signed out meanwhile."));
    this.#file.retain(isWanted);
  }

  async #begin(place: SignInPlace, redirectUrl: string, signal: AbortSignal): Promise<string> {
    const state = randomBytes(32).toString("base64url");
    const open: OpenSignIn = { place, state, redirectUrl, expiresAt: Date.now() + openMs };
    await this.#step(place, signal, async (sdk, fetchFn, ownSignal) => {
      const provider = new SignInProvider(this.#file, place, open, ownSignal);
      const options = { fetchFn, forceReauthorization: true, ...this.#hints.get(place.url) };
      await sdk.auth(provider, { serverUrl: place.url, ...options });
    });
    const { address } = open;
    if (address === undefined) throw new McpError("The service asks for no sign-in.");
    checkAddress(address, place.url);
    this.#endOpen(place.key);
    const [oldest] = this.#open.keys();
    if (this.#open.size >= maxOpen && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(state, open);
    return address.href;
  }

  #endOpen(key: string): void {
    for (const [state, { place }] of this.#open) if (place.key === key) this.#open.delete(state);
  }

  #provider(place: SignInPlace): AuthProvider {
    const { key, url } = place;
    const token = () => this.#file.of(key, url).tokens?.access_token;
    return {
      token: async () => token(),
      onUnauthorized: async (context) => {
        const refused = authorizationOf(context.response);
        const now = token();
        // Another request of the same time has renewed it: the newer one is not used up.
        if (now !== undefined && refused !== undefined && refused !== `Bearer ${now}`) return;
        await (this.#renewing.get(key) ?? this.#renew(place, context));
      },
    };
  }

  #renew(place: SignInPlace, context: UnauthorizedContext): Promise<void> {
    const renewing = this.#renewNow(place, context).finally(() => this.#renewing.delete(place.key));
    this.#renewing.set(place.key, renewing);
    return renewing;
  }

  async #renewNow(place: SignInPlace, { response }: UnauthorizedContext): Promise<void> {
    const { extractWWWAuthenticateParams } = await import("@modelcontextprotocol/client");
    const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(response);
    const hint = defined({ resourceMetadataUrl, scope });
    this.#hints.set(place.url, hint);
    if (this.#file.of(place.key, place.url).tokens?.["refresh_token"] === undefined)
      return this.#refuse();
    await this.#step(place, neverAborts, async (sdk, fetchFn, ownSignal) => {
      const provider = new SignInProvider(this.#file, place, undefined, ownSignal);
      await sdk.auth(provider, { serverUrl: place.url, fetchFn, ...hint });
    }).catch(() => this.#refuse());
  }

  /** As the SDK says that a person must sign in. */
  async #refuse(): Promise<never> {
    const { UnauthorizedError } = await import("@modelcontextprotocol/client");
    throw new UnauthorizedError("It wants you to sign in.");
  }

  /** What `act` keeps, it keeps before its signal aborts: with `signal`, with a sign-out, or when it has taken too long. */
  async #step(
    place: SignInPlace,
    signal: AbortSignal,
    act: (sdk: Sdk, fetchFn: FetchLike, ownSignal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const sdk = await import("@modelcontextprotocol/client");
    const step: Step = { place, controller: new AbortController() };
    const signedOut = step.controller.signal;
    const bounded = AbortSignal.any([signal, signedOut, AbortSignal.timeout(stepMs)]);
    let refusal: McpError | undefined;
    // The SDK would go on with guesses after a refusal, and hide it.
    const fetchFn: FetchLike = async (address, init) => {
      if (refusal) throw refusal;
      try {
        return await signInFetch(address, init, place.url, bounded);
      } catch (error) {
        if (error instanceof McpError) refusal = error;
        throw error;
      }
    };
    this.#steps.add(step);
    try {
      await abortable(act(sdk, fetchFn, bounded), bounded);
    } catch (error) {
      signal.throwIfAborted();
      signedOut.throwIfAborted();
      if (bounded.aborted) throw new McpError(`The sign-in took more than ${stepMs / 1000} s.`);
      if (refusal) throw refusal;
      throw error instanceof McpError ? error : new McpError(words(error), { cause: error });
    } finally {
      this.#steps.delete(step);
    }
  }
}

type Sdk = typeof import("@modelcontextprotocol/client");

function words(error: unknown): string {
  // The answer to a refused registration stands at its end, as JSON.
  const said = messageOf(error).replace(/: \{.*\}$/s, ".");
  return visibleString(ellipsized(said, 500));
}
