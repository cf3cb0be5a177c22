/** What the page shows a browser that is not signed in: how to sign in, and a field for an address or a token. */
import { createSignal, onMount, Show } from "solid-js";
import { hasSignedOut, isSigningIn, problem, signIn, wasUpdated } from "../state/sign-in";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import styles from "./SignIn.module.css";

export function SignIn() {
  const [pasted, setPasted] = createSignal("");
  onMount(() => (document.title = "Sign in · Rein"));

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    void signIn(pasted()).then(() => setPasted(""));
  }

  return (
    <main class={styles.page} data-testid="sign-in">
      <img src="/icon.svg" alt="" width="44" height="44" />
      <h1>Sign in to Rein</h1>
      <Show when={hasSignedOut()}>
        <p role="status">You signed out.</p>
      </Show>
      <Show when={wasUpdated()}>
        <p>Rein was updated: sign in once more. What you have typed is kept.</p>
      </Show>
      <p>
        Open the address that the server printed when it started. It ends in <code>#token=…</code>{" "}
        and signs one browser in, within an hour. Or paste it here:
      </p>
      <form aria-label="Sign in" onSubmit={submit}>
        <input
          type="password"
          aria-label="Address or token"
          autocomplete="off"
          required
          autofocus
          value={pasted()}
          onInput={(event) => setPasted(event.currentTarget.value)}
        />
        <Button type="submit" look="primary" disabled={isSigningIn()}>
          {isSigningIn() ? "Signing in…" : "Sign in"}
        </Button>
      </form>
      <p role="alert" class={textStyles.problem}>
        <Show when={!isSigningIn()}>{problem()}</Show>
      </p>
      <p class={textStyles.muted}>
        No address? On the machine of the server run <code>bun start</code> again: it prints a new
        one. A browser that is signed in shows one in its settings. The token that you set as{" "}
        <code>REIN_TOKEN</code> works here too.
      </p>
    </main>
  );
}
