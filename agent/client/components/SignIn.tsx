/** What the page shows a browser that is not signed in: how to sign in, and a field for an address or a token. */
import { createEffect, createResource, createSignal, Show } from "solid-js";
import type { SignInWays } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { api, requestTimeout } from "../state/api-client";
import {
  hasSignedOut,
  isSigningIn,
  problem,
  signIn,
  signInByProxy,
  signInByService,
  wasUpdated,
} from "../state/sign-in";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import styles from "./SignIn.module.css";
import { tr } from "./tr";

export function SignIn() {
  const [pasted, setPasted] = createSignal("");
  createEffect(() => (document.title = t("Sign in · Rein")));

  const [ways] = createResource<SignInWays>(() =>
    api.signInWays(requestTimeout()).catch(() => ({})),
  );
  // Who comes through the proxy is signed in already, unless they have just signed out.
  createEffect(() => {
    if (ways()?.proxied !== undefined && !hasSignedOut()) void signInByProxy();
  });

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    void signIn(pasted()).then(() => setPasted(""));
  }

  return (
    <main class={styles.page} data-testid="sign-in">
      <img src="/icon.svg" alt="" width="44" height="44" />
      <h1>{t("Sign in to Rein")}</h1>
      <Show when={hasSignedOut()}>
        <p role="status">{t("You signed out.")}</p>
      </Show>
      <Show when={wasUpdated()}>
        <p>{t("Rein was updated: sign in once more. What you have typed is kept.")}</p>
      </Show>
      <Show when={ways()?.proxied}>
        {(name) => (
          <Button look="primary" disabled={isSigningIn()} onClick={() => void signInByProxy()}>
            {t("Sign in as {name}", { name: visibleString(name()) })}
          </Button>
        )}
      </Show>
      <Show when={ways()?.oidc}>
        {(name) => (
          <Button look="primary" disabled={isSigningIn()} onClick={() => void signInByService()}>
            {t("Sign in with {name}", { name: visibleString(name()) })}
          </Button>
        )}
      </Show>
      <p>
        {tr(
          "Open the address that the server printed when it started. It ends in {ending} and signs one browser in, within an hour. Or paste it here:",
          { ending: <code>#token=…</code> },
        )}
      </p>
      <form aria-label={t("Sign in")} onSubmit={submit}>
        <input
          type="password"
          aria-label={t("Address or token")}
          autocomplete="off"
          required
          autofocus
          value={pasted()}
          onInput={(event) => setPasted(event.currentTarget.value)}
        />
        <Button type="submit" look="primary" disabled={isSigningIn()}>
          {isSigningIn() ? t("Signing in…") : t("Sign in")}
        </Button>
      </form>
      <p role="alert" class={textStyles.problem}>
        <Show when={!isSigningIn()}>{problem()}</Show>
      </p>
      <p class={textStyles.muted}>
        {tr(
          "No address? On the machine of the server run {command} again: it prints a new one. A browser that is signed in shows one in its settings. The token that you set as {variable} works here too.",
          { command: <code>bun start</code>, variable: <code>REIN_TOKEN</code> },
        )}
      </p>
    </main>
  );
}
