/** Below what is drawn of a long list: more is drawn when it comes near to what is seen. */
import { createEffect, on, onCleanup, onMount } from "solid-js";

export interface ListEndProps {
  /** How much is drawn: after each change it is looked whether the end is still near. */
  drawn: number;
  seen(): void;
}

/** So far below what is seen. */
const reach = "200px";

export function ListEnd(props: ListEndProps) {
  let end!: HTMLDivElement;
  onMount(() => {
    const observer = new IntersectionObserver(
      (entries) => entries.at(-1)?.isIntersecting && props.seen(),
      { root: end.closest("[data-list]"), rootMargin: reach },
    );
    createEffect(
      on(
        () => props.drawn,
        () => {
          observer.unobserve(end);
          observer.observe(end);
        },
      ),
    );
    onCleanup(() => observer.disconnect());
  });
  return <div ref={end} />;
}
