/** Functions that run in the page, where they are passed as text: each uses nothing but its argument. */

/** What is looked for; the innermost element that has all of it, and can be seen. */
export interface Target {
  testId?: string;
  /** What its `data-state` says. */
  state?: string;
  role?: "button" | "textbox" | "radio" | "link" | "menuitem";
  /** A pattern for the accessible name: the label, or else the text. */
  name?: string;
  /** A part of its text. */
  text?: string;
}

export interface Found {
  x: number;
  y: number;
  text: string;
  /** It is enabled, can be written where it is a field, and a click at this point meets it. */
  isReachable: boolean;
}

declare global {
  /** In the page. */
  var pageErrors: string[] | undefined;
  /** In the page: what was found last. */
  var lastFound: Element | undefined;
  /** In the page: the mouse was pressed beside it since. */
  var hasMissed: boolean | undefined;
}

/** Notes each error of the page from now on. */
export function collectErrors(): void {
  const errors: string[] = [];
  globalThis.pageErrors = errors;
  window.addEventListener("error", (event) => errors.push(event.message));
  window.addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
  const log = console.error;
  console.error = (...words: unknown[]) => {
    errors.push(words.map(String).join(" "));
    log(...words);
  };
}

/** Where the innermost fitting element is, scrolled into view. */
export function find(target: Target): Found | undefined {
  const roles = {
    button: "button, [role=button], [role=tab]",
    textbox: "textarea, input:not([type]), input[type=text], [role=textbox]",
    radio: "input[type=radio], [role=radio]",
    link: "a[href], [role=link]",
    menuitem: "[role=menuitem]",
  };
  const selector =
    target.testId === undefined
      ? target.role === undefined
        ? "body *"
        : roles[target.role]
      : `[data-testid="${target.testId}"]`;
  const named = (element: Element) => {
    const ids = element.getAttribute("aria-labelledby")?.split(" ") ?? [];
    const labels = ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const ofField = (element as HTMLInputElement).labels?.[0]?.textContent;
    return (labels || element.ariaLabel || ofField || element.textContent || "").trim();
  };
  const fits = (element: Element) =>
    (target.state === undefined || element.getAttribute("data-state") === target.state) &&
    (target.text === undefined || element.textContent.includes(target.text)) &&
    (target.name === undefined || new RegExp(target.name).test(named(element))) &&
    element.checkVisibility({ visibilityProperty: true }) &&
    element.getClientRects().length > 0;
  const fitting = [...document.querySelectorAll(selector)].filter(fits);
  const found = fitting.find(
    (one) => !fitting.some((other) => other !== one && one.contains(other)),
  );
  if (found === undefined) return undefined;
  const inView = (box: DOMRect) => box.top >= 0 && box.bottom <= innerHeight;
  if (!inView(found.getBoundingClientRect())) found.scrollIntoView({ block: "nearest" });
  const box = found.getClientRects()[0]!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const hit = document.elementFromPoint(x, y);
  const isMet = (other: Element) => found.contains(other) || other.contains(found);
  globalThis.lastFound = found;
  globalThis.hasMissed = false;
  const notice = ({ target: pressed }: MouseEvent) => {
    if (globalThis.lastFound === found) globalThis.hasMissed = !isMet(pressed as Element);
  };
  window.addEventListener("mousedown", notice, { capture: true, once: true });
  return {
    x,
    y,
    text: found.textContent.trim(),
    isReachable:
      !found.matches(":disabled, [aria-disabled=true], [readonly]") && hit !== null && isMet(hit),
  };
}
