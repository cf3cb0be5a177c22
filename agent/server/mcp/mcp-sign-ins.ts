/** People's sign-ins to MCP servers over HTTP (OAuth): begun at a person's wish, ended by the service's answer, renewed in calls. */
import { randomBytes } from "node:crypto";
import type { AuthProvider, FetchLike } from "@modelcontextprotocol/client";
import { defined } from "../../shared/defined";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { abortable } from "../abort";
import type { ServerAuth } from "./configured-server";
import { McpError } from "./mcp-error";
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

type UnauthorizedContext = Parameters<NonNullable<AuthProvider["onUnauthorized"]>>[0];

export class McpSignIns {
  readonly #file: SignInFile;
  /** By their states. */
  readonly #open = new Map<string, OpenSignIn>();
  /** By their keys: a token that is used once for a newer one must not be used twice. */
  readonly #renewing = new Map<string, Promise<void>>();
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
      signIn: (redirectUrl, signal) => this.#begin(place, redirectUrl, signal),
      signOut: () => {
        this.#endOpen(key);
        this.#file.retain((one) => one !== key);
      },
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
    await this.#step(place, signal, async (sdk, fetchFn) => {
      const provider = new SignInProvider(this.#file, place, open);
      const options = { authorizationCode: code, fetchFn, ...defined({ iss }) };
      await sdk.auth(provider, { serverUrl: place.url, ...options });
    });
  }

  /** Forgets what was kept for entries that are gone. Throws what the file system throws. */
  retain(isWanted: (key: string, url: string) => boolean): void {
    this.#file.retain(isWanted);
  }

  async #begin(place: SignInPlace, redirectUrl: string, signal: AbortSignal): Promise<string> {
    const state = randomBytes(32).toString("base64url");
    const open: OpenSignIn = { place, state, redirectUrl, expiresAt: Date.now() + openMs };
    await this.#step(place, signal, async (sdk, fetchFn) => {
      const provider = new SignInProvider(this.#file, place, open);
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
      onUnauthorized: (context) => this.#renewing.get(key) ?? this.#renew(place, context),
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
    const never = new AbortController().signal;
    await this.#step(place, never, async (sdk, fetchFn) => {
      const provider = new SignInProvider(this.#file, place);
      await sdk.auth(provider, { serverUrl: place.url, fetchFn, ...hint });
    }).catch(() => this.#refuse());
  }

  /** As the SDK says that a person must sign in. */
  async #refuse(): Promise<never> {
    const { UnauthorizedError } = await import("@modelcontextprotocol/client");
    throw new UnauthorizedError("It wants you to sign in.");
  }

  async #step(
    { url }: SignInPlace,
    signal: AbortSignal,
    act: (sdk: typeof import("@modelcontextprotocol/client"), fetchFn: FetchLike) => Promise<void>,
  ): Promise<void> {
    const sdk = await import("@modelcontextprotocol/client");
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(stepMs)]);
    let refusal: McpError | undefined;
    // The SDK would go on with guesses after a refusal, and hide it.
    const fetchFn: FetchLike = async (address, init) => {
      if (refusal) throw refusal;
      try {
        return await signInFetch(address, init, url, bounded);
      } catch (error) {
        if (error instanceof McpError) refusal = error;
        throw error;
      }
    };
    try {
      await abortable(act(sdk, fetchFn), bounded);
    } catch (error) {
      signal.throwIfAborted();
      if (bounded.aborted) throw new McpError(`The sign-in took more than ${stepMs / 1000} s.`);
      if (refusal) throw refusal;
      throw error instanceof McpError ? error : new McpError(words(error), { cause: error });
    }
  }
}

function words(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return visibleString(ellipsized(said, 500));
}
