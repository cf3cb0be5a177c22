/** Components that are no part of the first page's script: they are loaded once it stands, or when one is drawn sooner. */
import { type Component, createSignal, type JSX, Show } from "solid-js";

const loads: (() => Promise<void>)[] = [];

/** Draws the fallback until it is there. A load that failed is tried again the next time that it is drawn. */
export function deferred<Props extends object>(
  load: () => Promise<Component<Props>>,
  Fallback?: Component<Props>,
): (props: Props) => JSX.Element {
  const [component, setComponent] = createSignal<Component<Props>>();

  async function start(): Promise<void> {
    try {
      const loaded = await load();
      setComponent(() => loaded);
    } catch (error) {
      console.warn("A part of the page could not be loaded.", error);
    }
  }

  loads.push(start);
  return (props) => {
    if (component() === undefined) void start();
    return (
      <Show when={component()} keyed fallback={Fallback && <Fallback {...props} />}>
        {(Loaded) => <Loaded {...props} />}
      </Show>
    );
  };
}

/** Loads all of them, so that they are there when the server is not. */
export function loadDeferred(): void {
  for (const load of loads) void load();
}
