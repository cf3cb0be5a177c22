/** What the page makes of a key: whether hardware has sent it, and whether it answers an approval. */
import { expect, test } from "bun:test";
import { createRoot } from "solid-js";
import { answerOf, createAnswerPresses, type KeyPress } from "../client/state/approval-keys";
import { isHardwareKey } from "../client/hardware-keyboard";
import { until } from "./within";

test("a key that says its place is of a hardware keyboard, one without is of a screen keyboard", () => {
  const kinds = ["Enter", "NumpadEnter", "KeyA", "", "Unidentified"].map((code) =>
    isHardwareKey({ code } as KeyboardEvent),
  );
  expect(kinds).toEqual([true, true, true, false, false]);
});

test("the letter on a button answers in every layout, and never together with another key", () => {
  expect(answerOf(press("a", "KeyA"))).toBe("once");
  expect(answerOf(press("A", "KeyA"))).toBe("once");
  expect(answerOf(press("l", "KeyL"))).toBe("always");
  expect(answerOf(press("d", "KeyD"))).toBe("deny");
  // AZERTY has its A where QWERTY has Q; Cyrillic and Greek letters go by their place.
  expect(answerOf(press("a", "KeyQ"))).toBe("once");
  expect(answerOf(press("q", "KeyA"))).toBeUndefined();
  expect(answerOf(press("ф", "KeyA"))).toBe("once");
  expect(answerOf(press("δ", "KeyD"))).toBe("deny");
  expect(answerOf(press("Unidentified", ""))).toBeUndefined();
  for (const modifier of ["ctrlKey", "metaKey", "altKey", "shiftKey"])
    expect(answerOf({ ...press("a", "KeyA"), [modifier]: true })).toBeUndefined();
});

test("a key counts as an answer only after a moment without other keys, and not while it is held down", async () => {
  const { presses, dispose } = createRoot((dispose) => ({
    presses: createAnswerPresses(),
    dispose,
  }));
  const key = { ...press("a", "KeyA"), repeat: false, isComposing: false };
  expect(presses.take(key)).toBe(false);
  presses.enter();
  expect(presses.take(key)).toBe(false);
  await until(presses.isListening);
  expect(presses.take({ ...key, repeat: true })).toBe(false);
  await until(presses.isListening);
  expect([presses.take(key), presses.take(key)]).toEqual([true, false]);
  await until(presses.isListening);
  expect(presses.take({ ...key, isComposing: true })).toBe(false);
  await until(presses.isListening);
  presses.leave();
  expect(presses.take(key)).toBe(false);
  dispose();
  expect(presses.isListening()).toBe(false);
});

function press(key: string, code: string): KeyPress {
  return { key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
}
