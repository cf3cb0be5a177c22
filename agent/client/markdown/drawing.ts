/** The picture of a diagram's source: drawn when it comes near the screen, and again when the page's colours change. */
import { type Accessor, createEffect, createSignal, on, onCleanup, onMount } from "solid-js";
import type { Drawing } from "./diagrams";

/** `isLarge`: it is drawn when a person wants it. */
export type DrawingState = Drawing | { failure: string } | { isLarge: true };

/** So far from the screen it is drawn. */
const nearPx = 600;

/**
 * `source` is undefined while there is nothing to draw. A large one is drawn once it `isWanted`. The result is undefined
 * until it has been drawn for the first time, and keeps the last picture while the next one is drawn.
 */
export function createDrawing(
  source: Accessor<string | undefined>,
  isWanted: Accessor<boolean>,
  element: () => Element,
): Accessor<DrawingState | undefined> {
  const [state, setState] = createSignal<DrawingState>();
  const [isNear, setNear] = createSignal(false);
  const [colours, setColours] = createSignal(0);
  onMount(() => {
    const changed = () => setColours((count) => count + 1);
    const near = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setNear(true),
      { rootMargin: `${nearPx}px` },
    );
    near.observe(element());
    const theme = new MutationObserver(changed);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", changed);
    onCleanup(() => {
      near.disconnect();
      theme.disconnect();
      system.removeEventListener("change", changed);
    });
  });
  createEffect(
    on([source, isNear, isWanted, colours], ([text, near, wanted]) => {
      if (text === undefined || !near) return;
      let isCurrent = true;
      onCleanup(() => (isCurrent = false));
      void draw(text, wanted).then((drawn) => isCurrent && setState(drawn));
    }),
  );
  return state;
}

async function draw(text: string, isWanted: boolean): Promise<DrawingState> {
  try {
    const { drawDiagram, planDiagram } = await import("./diagrams");
    const plan = planDiagram(text);
    if ("refusal" in plan) return { failure: plan.refusal };
    if (plan.isLarge && !isWanted) return { isLarge: true };
    return await drawDiagram(plan.source);
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
