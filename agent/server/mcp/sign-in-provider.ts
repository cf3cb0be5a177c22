/** What the SDK's OAuth asks of its host: what it keeps goes to the file, or ends with the sign-in that is under way. */
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { McpError } from "./mcp-error";
import type { KeptSignIn, SignInFile } from "./sign-in-file";

/** An entry that is signed in to. */
export interface SignInPlace {
  /** Of the entry: no other one gets what is kept for it. */
  key: string;
  url: string;
  /** As the settings have it, where the service registers no clients by itself. */
  client?: { clientId: string; clientSecret?: string | undefined } | undefined;
}

/** A sign-in that is under way. Kept in memory only: it ends with the server. */
export interface OpenSignIn {
  place: SignInPlace;
  state: string;
  redirectUrl: string;
  expiresAt: number;
  verifier?: string;
  discovery?: OAuthDiscoveryState;
  /** Where the person goes on. */
  address?: URL;
}

const client: Pick<OAuthClientMetadata, "client_name" | "grant_types" | "response_types"> = {
  client_name: "Rein",
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
};

export class SignInProvider implements OAuthClientProvider {
  readonly #file: SignInFile;
  readonly #place: SignInPlace;
  readonly #open: OpenSignIn | undefined;
  readonly #signal: AbortSignal;

  /** Without `open` it never begins a sign-in. Once the signal has aborted, it keeps nothing. */
  constructor(
    file: SignInFile,
    place: SignInPlace,
    open: OpenSignIn | undefined,
    signal: AbortSignal,
  ) {
    this.#file = file;
    this.#place = place;
    this.#open = open;
    this.#signal = signal;
  }

  get redirectUrl(): string {
    // Without one the SDK would ask for tokens of the client itself.
    return this.#open?.redirectUrl ?? "http://localhost/";
  }

  get clientMetadata(): OAuthClientMetadata {
    return { ...client, redirect_uris: [this.redirectUrl] };
  }

  state(): string {
    return this.#begun().state;
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    const kept = this.#kept.client as StoredOAuthClientInformation | undefined;
    const own = this.#place.client;
    if (own !== undefined) {
      // Its issuer stays: the secret goes to the service that it was first sent to, and to no other.
      const issuer = kept?.client_id === own.clientId ? kept.issuer : undefined;
      return {
        client_id: own.clientId,
        ...(own.clientSecret !== undefined && { client_secret: own.clientSecret }),
        ...(issuer !== undefined && { issuer }),
      };
    }
    // One that was registered under another address of this server is of no use.
    const uris: unknown = kept && "redirect_uris" in kept ? kept.redirect_uris : undefined;
    const isOther = Array.isArray(uris) && !uris.includes(this.redirectUrl);
    // A renewal registers nothing: what it would be given is of no use without a person.
    if (this.#open === undefined && kept === undefined) this.#begun();
    return this.#open !== undefined && isOther ? undefined : kept;
  }

  saveClientInformation(information: StoredOAuthClientInformation): void {
    const own = this.#place.client;
    if (own === undefined) return this.#keep({ client: information });
    if (information.client_id !== own.clientId)
      throw new McpError(
        "The server now names another service to sign in at than before. Sign out first, if that is right.",
      );
    const { client_id, issuer } = information;
    this.#keep({ client: { client_id, issuer } });
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#kept.tokens;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    const since = this.#open ? undefined : this.#kept.since;
    this.#keep({ tokens, since: since ?? Date.now() });
  }

  redirectToAuthorization(address: URL): void {
    this.#begun().address = address;
  }

  saveCodeVerifier(verifier: string): void {
    this.#begun().verifier = verifier;
  }

  codeVerifier(): string {
    const { verifier } = this.#begun();
    if (verifier === undefined) throw new McpError("The sign-in was not begun.");
    return verifier;
  }

  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    if (this.#open) this.#open.discovery = discovery;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#open?.discovery;
  }

  invalidateCredentials(scope: "all" | "client" | "tokens" | "verifier" | "discovery"): void {
    if (scope === "tokens" || scope === "all") this.#keep({ tokens: undefined, since: undefined });
    if (scope === "client" && this.#place.client === undefined) this.#keep({ client: undefined });
  }

  get #kept(): KeptSignIn {
    return this.#file.of(this.#place.key, this.#place.url);
  }

  #keep(change: Partial<KeptSignIn>): void {
    this.#signal.throwIfAborted();
    this.#file.keep(this.#place.key, { ...this.#kept, ...change });
  }

  #begun(): OpenSignIn {
    if (this.#open === undefined) throw new McpError("It wants a person to sign in.");
    return this.#open;
  }
}
