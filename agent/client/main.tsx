/** Starts the page: the app in a browser that is signed in, else how to sign in. */
// First: it sets the order of the layers for the style sheets of the components.
import "./styles/index.css";
import { createEffect, createResource, Show } from "solid-js";
import { render } from "solid-js/web";
import { App } from "./components/App";
import { deferred, loadDeferred } from "./components/deferred";
import { ClientProvider, createClient } from "./state/client";
import { credential, shareCredential } from "./state/credential";
import { shareLanguage } from "./state/preferences";
import { wordsFor } from "./state/api-client";
import { hasShared, joinShared } from "./state/oidc";
import { t } from "../shared/translation";
import { problem, signInByAddress } from "./state/sign-in";
import { takeWindow } from "./state/window-person";
import { followLanguage } from "./words/page-language";

const SignIn = deferred(async () => (await import("./components/SignIn")).SignIn);

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with the id root in index.html");

takeWindow();
shareCredential(takeWindow);
followLanguage(shareLanguage());
signInByAddress();
render(
  () => (
    // Another credential may be another person's: nothing that was shown stays.
    <Show when={credential()} keyed fallback={<SignIn />}>
      <SignedIn />
    </Show>
  ),
  root,
);

/** A shared session is opened once it is shared with this person. */
function SignedIn() {
  const [joined] = createResource(hasShared(), () =>
    joinShared().then(
      () => "",
      (error: unknown) => wordsFor(error),
    ),
  );
  return (
    <Show when={!joined.loading}>
      <Client problem={joined() ?? ""} />
    </Show>
  );
}

function Client(props: { problem: string }) {
  const client = createClient();
  if (props.problem !== "")
    client.notices.toast(t("The shared session was not opened"), props.problem);
  // A sign-in address was opened by who is signed in already.
  createEffect(() => {
    if (problem() !== "") client.notices.toast(t("This browser was not signed in anew"), problem());
  });
  return (
    <ClientProvider value={client}>
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
