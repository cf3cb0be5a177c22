/** Measures a page as a finger meets it: what can be pressed is 44 by 44 pixels of its own (a line of code 24 high), and nothing runs off the screen. */
import type { Page } from "playwright-core";

export const narrowest = { width: 320, height: 640 };
export const wider = [
  { width: 1280, height: 800 },
  { width: 820, height: 1180 },
  { width: 844, height: 390 },
];

/** What is placed beside its button for the size that the screen had when it was opened; and the drawer. */
const popups = "[role=menu], [role=listbox], div[role=dialog], nav[data-open]";

/** What does not fit in this size and, without an open popup, in the others: one sentence each. Resizes and scrolls, and takes both back. */
export async function fitFaults(page: Page, sizes = [...wider, narrowest]): Promise<string[]> {
  const own = page.viewportSize()!;
  const others = (await page.locator(popups).count()) === 0 ? sizes : [];
  const faults: string[] = [];
  for (const size of [...others, own]) {
    await page.setViewportSize(size);
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
    const found = await page.evaluate(measure);
    faults.push(...found.map((fault) => `${size.width}x${size.height}: ${fault}`));
  }
  return faults;
}

/** Runs in the page. */
function measure(): string[] {
  const least = 44;
  const pressed =
    "a[href], button, summary, input, select, textarea, [role=option], [role^=menuitem]";
  const faults: string[] = [];
  const nameOf = (element: Element) => {
    const name = element.getAttribute("aria-label") ?? (element.textContent?.trim() || element.id);
    return `${element.tagName.toLowerCase()} “${name.slice(0, 40)}”`;
  };
  const isInSight = (element: HTMLElement) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    element.closest("[inert], .katex") === null &&
    element.getAttribute("tabindex") !== "-1" &&
    !element.matches(":disabled, [aria-hidden=true]");
  /** A link in the flow of a sentence is as high as its line. */
  const isInProse = (element: HTMLElement) => {
    const around = element.parentElement?.textContent?.trim() ?? "";
    return (
      getComputedStyle(element).display.startsWith("inline") &&
      element.closest("p, li, td, th, dd, label") !== null &&
      around.length > (element.textContent?.trim().length ?? 0)
    );
  };
  const scrollerOf = (element: Element): Element | undefined => {
    for (let up = element.parentElement; up !== null; up = up.parentElement)
      if (/auto|scroll/.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth)
        return up;
    return undefined;
  };

  // What a menu or a question covers cannot be pressed before that is closed.
  const over = [
    ...document.querySelectorAll(
      "dialog:modal, [role=menu], div[role=dialog], form [role=listbox]",
    ),
  ];
  const around = over.at(-1) ?? document.body;
  for (const element of around.querySelectorAll<HTMLElement>(pressed)) {
    if (!isInSight(element) || isInProse(element)) continue;
    const scrolled = positions(element);
    element.scrollIntoView({ block: "center", inline: "nearest" });
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const isOff = left < -0.5 || right > innerWidth + 0.5;
    if (isOff && scrollerOf(element) === undefined)
      faults.push(`${nameOf(element)} lies at ${Math.round(left)} to ${Math.round(right)}`);
    // Of a checkbox or a choice, its words are pressed too.
    const whole = element.closest("label") ?? element;
    const isHit = (x: number, y: number) => {
      const hit = document.elementFromPoint(x, y);
      // A tooltip goes by itself.
      if (hit?.closest("[popover]")) return true;
      return hit !== null && (element.contains(hit) || (whole !== element && whole.contains(hit)));
    };
    const x = (left + right) / 2;
    const y = (top + bottom) / 2;
    const reach = (dx: number, dy: number) => {
      let steps = 0;
      while (steps < least && isHit(x + dx * steps, y + dy * steps)) steps++;
      return steps;
    };
    const far = least / 2 - 1;
    if (isHit(x - far, y) && isHit(x + far, y) && isHit(x, y - far) && isHit(x, y + far)) {
      for (const [scroller, at] of scrolled) scroller.scrollTo(at);
      continue;
    }
    const width = reach(-1, 0) + reach(1, 0);
    const height = reach(0, -1) + reach(0, 1);
    // The number of a line of code is as high as the line.
    const high = element.matches("[data-line]") ? 24 : least;
    if (width < least - 1 || height < high - 1)
      faults.push(`${nameOf(element)} can be pressed on ${width} by ${height}`);
    for (const [scroller, at] of scrolled) scroller.scrollTo(at);
  }

  for (const scroller of document.querySelectorAll("[data-scroller], dialog, nav, form, main"))
    if (scroller.scrollWidth > scroller.clientWidth + 1 && scroller.checkVisibility())
      faults.push(`${nameOf(widestIn(scroller))} is wider than the screen`);
  if (document.documentElement.scrollHeight > innerHeight) faults.push("The page itself scrolls");
  return faults;

  function widestIn(scroller: Element): Element {
    const right = (element: Element) => element.getBoundingClientRect().right;
    const inside = [...scroller.querySelectorAll("*")].filter(
      (element) => scrollerOf(element) === scroller,
    );
    return inside.toSorted((one, other) => right(other) - right(one))[0] ?? scroller;
  }

  function positions(of: Element): [Element, { left: number; top: number }][] {
    const found: [Element, { left: number; top: number }][] = [];
    for (let up = of.parentElement; up !== null; up = up.parentElement)
      found.push([up, { left: up.scrollLeft, top: up.scrollTop }]);
    return found;
  }
}
