/** Brings a section of a sheet to its top. Only the sheet is scrolled: on a phone "into view" would scroll what is around it, too. */
export function scrollTo(section: Element): void {
  const scroller = section.closest("[data-scroller]");
  if (scroller) scroller.scrollTop += topOf(section) - topOf(scroller);
}

function topOf(element: Element): number {
  return element.getBoundingClientRect().top;
}
