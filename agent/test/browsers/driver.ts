/** What each browser engine can do for a test; everything else is built upon it, once for all of them (`tab.ts`). */

export interface Engine {
  readonly name: string;
  /** As the engine tells it. */
  readonly version: string;
  /** A window of its own, so that no other hides it. All of them share the cookies. */
  open(): Promise<Driver>;
  /** Ends the browser with every process of it. */
  close(): Promise<void>;
}

export interface Driver {
  /** Resolves when the document has loaded. */
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Calls the function in the page with this argument. Both the argument and the result are JSON. */
  evaluate<A, R>(call: (argument: A) => R, argument: A): Promise<R>;
  /** A real click at a point of the window. */
  click(x: number, y: number): Promise<void>;
  /** Presses the keys one after another (held together) and releases them: a character, or one of `keyCodes`. */
  press(...keys: string[]): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** A PNG of the window. */
  screenshot(): Promise<Uint8Array>;
  /** Errors that the browser itself reports; empty where it cannot. */
  readonly errors: string[];
}

/** The code points by which WebDriver and BiDi name the keys that write no character. */
export const keyCodes: Record<string, string> = {
  Backspace: "\uE003",
  Tab: "\uE004",
  Enter: "\uE007",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Escape: "\uE00C",
  ArrowUp: "\uE013",
  ArrowDown: "\uE015",
};

/** A click and key presses, as both WebDriver and BiDi have them. */
export const actions = {
  click: (x: number, y: number) => [
    {
      type: "pointer",
      id: "mouse",
      actions: [
        { type: "pointerMove", x: Math.round(x), y: Math.round(y) },
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ],
    },
  ],
  press: (keys: string[]) => {
    const values = keys.map((key) => keyCodes[key] ?? key);
    return [
      {
        type: "key",
        id: "keyboard",
        actions: [
          ...values.map((value) => ({ type: "keyDown", value })),
          ...values.toReversed().map((value) => ({ type: "keyUp", value })),
        ],
      },
    ];
  },
};

/** The function as a script that takes JSON and returns JSON: the one form that all engines pass on alike. */
export function overJson(call: (argument: never) => unknown): string {
  return `(json) => JSON.stringify((${String(call)})(JSON.parse(json))) ?? "null"`;
}
