/** Starts the page: the app in a browser that is signed in, else how to sign in. */
// First: it sets the order of the layers for the style sheets of the components.
import "./styles/index.css";
import { Show } from "solid-js";
import { render } from "solid-js/web";
import { App } from "./components/App";
import { deferred, loadDeferred } from "./components/deferred";
import { ClientProvider, createClient } from "./state/client";
import { credential, shareCredential } from "./state/credential";
import { shareLanguage } from "./state/preferences";
import { signInByAddress } from "./state/sign-in";
import { followLanguage } from "./words/page-language";

const SignIn = deferred(async () => (await import("./components/SignIn")).SignIn);

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with the id root in index.html");

shareCredential();
followLanguage(shareLanguage());
signInByAddress();
render(
  () => (
    <Show when={credential() !== null} fallback={<SignIn />}>
      <SignedIn />
    </Show>
  ),
  root,
);

function SignedIn() {
  return (
    <ClientProvider value={createClient()}>
      <App />
    </ClientProvider>
  );
}

window.addEventListener("load", onLoad, { once: true });

function onLoad(): void {
  loadDeferred();
  // The pages of `--dev` are not built: nothing of them can be kept.
  if (import.meta.env.PROD) void import("./state/worker").then(({ startWorker }) => startWorker());
}
