/** The page for a browser without the token: how to sign in, and a field for the token. It needs no script. */
import { createHash } from "node:crypto";

const style = `
:root { color-scheme: light dark; }
body { max-width: 34rem; margin: 18vh auto; padding: 0 1.2rem; background: light-dark(#faf9f7, #17191c);
  color: light-dark(#22252a, #e3e5e8); font: 16px/1.6 system-ui, sans-serif; }
h1 { font-size: 1.3rem; }
form { display: flex; flex-wrap: wrap; gap: 0.6rem; margin: 1.4rem 0; }
input, button { min-height: 44px; padding: 0 0.9rem; border: 1px solid #8b929b; border-radius: 9px; font: inherit; }
input { flex: 1 1 14rem; min-width: 0; background: light-dark(#ffffff, #1e2125); color: inherit; }
button { border-color: #1f6f78; background: #1f6f78; color: #ffffff; }
:focus-visible { outline: 2px solid light-dark(#1f6f78, #6fbfc7); outline-offset: 2px; }
`;

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rein</title>
<style>${style}</style>
<main>
<h1>Sign in to Rein</h1>
<p>Open the address that the server printed when it started (it ends in <code>?token=…</code>),
or paste that address or its token here. You need it once per browser.</p>
<form>
<input name="token" type="password" aria-label="Address or token" autocomplete="off" required autofocus>
<button>Sign in</button>
</form>
<p>Lost the address? Restart the server: it prints it again.</p>
</main>
</html>
`;

const hash = createHash("sha256").update(style).digest("base64");

const headers = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

export function answerSignIn(): Response {
  return new Response(page, { status: 401, headers });
}

/** The token in what was pasted: a token, or the address that holds it. */
export function readToken(pasted: string): string {
  return URL.parse(pasted.trim())?.searchParams.get("token") ?? pasted.trim();
}
