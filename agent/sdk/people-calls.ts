/** The routes of signing in, people and their keys, as functions. */
import type {
  ApiKey,
  Me,
  NewApiKey,
  OidcBegun,
  OneTimeToken,
  Person,
  SignInsAnswer,
  SignInWays,
} from "../shared/protocol";
import type { ApiKeyRequest, PersonRequest, SignInRequest } from "../shared/requests";
import { path } from "./path";
import type { Transport } from "./transport";

export function createPeopleCalls({ call }: Pick<Transport, "call">) {
  return {
    /** Without a valid credential too. With one, that is replaced. */
    signIn: (request: SignInRequest, signal: AbortSignal) =>
      call<{ credential: string; name?: string }>("POST", "/api/sign-in", request, signal),
    /** Without a valid credential too. */
    signInWays: (signal: AbortSignal) =>
      call<SignInWays>("GET", "/api/sign-in/ways", undefined, signal),
    /** From a page of the server: its origin is where the service sends it back to. */
    beginOidc: (signal: AbortSignal) =>
      call<OidcBegun>("POST", "/api/sign-in/oidc", undefined, signal),
    me: (signal: AbortSignal) => call<Me>("GET", "/api/me", undefined, signal),
    signIns: (signal: AbortSignal) =>
      call<SignInsAnswer>("GET", "/api/sign-ins", undefined, signal),
    newSignInToken: (signal: AbortSignal) =>
      call<OneTimeToken>("POST", "/api/sign-ins/token", undefined, signal),
    signOut: (id: string, signal: AbortSignal) =>
      call<{ removed: true }>("DELETE", path`/api/sign-ins/${id}`, undefined, signal),
    /** Who has a name means their own browsers. */
    signOutEverywhere: (signal: AbortSignal) =>
      call<{ removed: true }>("DELETE", "/api/sign-ins", undefined, signal),
    people: (signal: AbortSignal) =>
      call<{ people: Person[] }>("GET", "/api/people", undefined, signal),
    patchPerson: (id: string, change: PersonRequest, signal: AbortSignal) =>
      call<{ people: Person[] }>("PATCH", path`/api/people/${id}`, change, signal),
    keys: (signal: AbortSignal) => call<{ keys: ApiKey[] }>("GET", "/api/keys", undefined, signal),
    newKey: (request: ApiKeyRequest, signal: AbortSignal) =>
      call<NewApiKey>("POST", "/api/keys", request, signal),
    revokeKey: (id: string, signal: AbortSignal) =>
      call<{ removed: true }>("DELETE", path`/api/keys/${id}`, undefined, signal),
  };
}
