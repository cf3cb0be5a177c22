/** Components that are no part of the first page's script: they are loaded once it stands, or when one is drawn sooner. */
import { type Accessor, type Component, createSignal, type JSX, Show, untrack } from "solid-js";

const loads: (() => Promise<void>)[] = [];

/** Undefined until it is there. A load that failed is tried again the next time that it is asked for. */
export function deferredValue<Value>(load: () => Promise<Value>): Accessor<Value | undefined> {
  const [value, setValue] = createSignal<Value>();

  async function start(): Promise<void> {
    try {
      const loaded = await load();
      setValue(() => loaded);
    } catch (error) {
      console.warn("A part of the page could not be loaded.", error);
    }
  }

  loads.push(start);
  return () => {
    if (untrack(value) === undefined) void start();
    return value();
  };
}

/** Draws the fallback until it is there. */
export function deferred<Props extends object>(
  load: () => Promise<Component<Props>>,
  Fallback?: Component<Props>,
): (props: Props) => JSX.Element {
  const component = deferredValue(load);
  return (props) => (
    <Show when={component()} keyed fallback={Fallback && <Fallback {...props} />}>
      {(Loaded) => <Loaded {...props} />}
    </Show>
  );
}

/** Loads all of them, so that they are there when the server is not. */
export function loadDeferred(): void {
  for (const load of loads) void load();
}
