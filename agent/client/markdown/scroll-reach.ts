/** What is too wide for its place scrolls in itself; only then the keyboard reaches it, to scroll it. */

/** `name` is what screen readers call it. Returns what ends the watch. */
export function watchWidths(wide: Iterable<HTMLElement>, name: () => string): () => void {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.scrollWidth > target.clientWidth) {
        target.setAttribute("tabindex", "0");
        target.setAttribute("role", "group");
        target.setAttribute("aria-label", name());
      } else for (const one of ["tabindex", "role", "aria-label"]) target.removeAttribute(one);
  });
  for (const one of wide) observer.observe(one);
  return () => observer.disconnect();
}
