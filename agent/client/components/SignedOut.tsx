/** What is shown to a browser that the server does not know. */

export function SignedOut() {
  return (
    <main class="alone">
      <h1>Rein does not know this browser yet</h1>
      <p>
        Open the address that the server printed when it started: it holds the token that lets this
        browser in. It looks like <code>http://127.0.0.1:3000/?token=…</code> and is needed once.
      </p>
      <p class="muted">
        The address is gone? Start the server again with <code>bun start</code>, and it prints it
        again.
      </p>
    </main>
  );
}
