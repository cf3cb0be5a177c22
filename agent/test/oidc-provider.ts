/** A small OpenID Connect service: it signs real JWTs, checks PKCE, gives each code once, and can be told to do wrong. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";

export interface OidcProvider extends AsyncDisposable {
  issuer: string;
  /** In the next ID tokens, over the usual claims. */
  claims: Record<string, unknown>;
  /** Added to the clock, in seconds. */
  skew: number;
  /** What a person who signs in at `url` is sent back with: the query. */
  signIn(url: string): Promise<string>;
}

export function startProvider(): OidcProvider {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const codes = new Map<string, URLSearchParams>();
  const provider = { claims: {} as Record<string, unknown>, skew: 0 };
  const server: Bun.Server<undefined> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request): Promise<Response> {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/.well-known/openid-configuration") return Response.json(metadata());
      if (pathname === "/keys")
        return Response.json({
          keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }],
        });
      if (pathname === "/authorize") {
        const code = crypto.randomUUID();
        codes.set(code, searchParams);
        const back = new URL(searchParams.get("redirect_uri")!);
        back.search = new URLSearchParams({ code, state: searchParams.get("state")! }).toString();
        return Response.redirect(back.href, 302);
      }
      return token(new URLSearchParams(await request.text()));
    },
  });
  const issuer: string = `http://127.0.0.1:${server.port}`;

  function metadata(): Record<string, unknown> {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
    };
  }

  function token(form: URLSearchParams): Response {
    const asked = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const isRight =
      asked?.get("code_challenge") === challenge &&
      form.get("client_secret") === "the client's secret" &&
      form.get("redirect_uri") === asked.get("redirect_uri");
    if (!isRight) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const now = Math.floor(Date.now() / 1000) + provider.skew;
    const claims = {
      iss: issuer,
      aud: form.get("client_id"),
      sub: "1",
      iat: now,
      exp: now + 300,
      nonce: asked.get("nonce"),
      email: "anna@example.com",
      email_verified: true,
      ...provider.claims,
    };
    const text = [{ alg: "RS256", kid: "1" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url");
    return Response.json({
      access_token: "x",
      token_type: "Bearer",
      id_token: `${text}.${signature}`,
    });
  }

  return Object.assign(provider, {
    issuer,
    async signIn(url: string) {
      const { headers } = await fetch(url, { redirect: "manual" });
      return new URL(headers.get("location")!).search.slice(1);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  });
}
