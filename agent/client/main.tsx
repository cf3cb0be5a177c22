/** Starts the page. */
// First: it sets the order of the layers for the style sheets of the components.
import "./styles/index.css";
import { render } from "solid-js/web";
import { App } from "./components/App";
import { loadDeferred } from "./components/deferred";
import { ClientProvider, createClient } from "./state/client";

const root = document.getElementById("root");
if (root === null) throw new Error("expected an element with the id root in index.html");

render(() => {
  const client = createClient();
  return (
    <ClientProvider value={client}>
      <App />
    </ClientProvider>
  );
}, root);

window.addEventListener("load", loadDeferred, { once: true });
