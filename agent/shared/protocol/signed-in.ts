/** The browsers that are signed in, and how one more signs in. */

/** One signed-in browser: `GET /api/sign-ins`. Times in milliseconds since the epoch. */
export interface SignIn {
  id: string;
  /** The name and port of the server that it signed in at; its credential is valid there alone. */
  host: string;
  /** What the browser says of itself. */
  browser: string;
  /** Whose it is, where people have names. */
  user?: string;
  createdAt: number;
  /** To the day. */
  usedAt: number;
}

export interface SignInsAnswer {
  signIns: SignIn[];
  /** The one that asks; absent for the script token. */
  currentId?: string;
}

/** A token that signs one browser in: `POST /api/sign-ins/token`. */
export interface OneTimeToken {
  token: string;
  expiresAt: number;
}

/** How a browser can sign in here besides with a token: `GET /api/sign-in/ways`. */
export interface SignInWays {
  /** Whom the proxy in front of the server names. */
  proxied?: string;
  /** The service that signs people in by OpenID Connect. */
  oidc?: string;
}

/** `POST /api/sign-in/oidc`: where to sign in, and what the browser keeps until it is back. */
export interface OidcBegun {
  url: string;
  secret: string;
}

/** The page to which such a service sends the browser back. */
export const oidcReturnPath = "/sign-in/callback";
