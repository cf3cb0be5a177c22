/** The check against tests that change globals finds each way of changing one. */
import { expect, test } from "bun:test";
import { globalPatchesIn } from "./global-patches";

/** Split in two, so that this file passes the check itself. */
const joined = (...pieces: string[]) => pieces.join("");

test.each([
  joined("process.env.", "PORT = '1'"),
  joined("process", ".env[name] = value"),
  joined("delete process", ".env.PORT"),
  joined("globalThis.", "fetch = fake"),
  joined("Object.assign(", "globalThis, { fetch })"),
  joined("Object.defineProperty(", "Date, 'now', {})"),
  joined("Date.", "now = () => 0"),
  joined("console.", "error = () => {}"),
  joined("EventTarget.prototype.", "addEventListener = spy"),
  joined("fetch", " = fake"),
  joined("spyOn", "(console, 'error')"),
])("a change of a global is found: %s", (line) => {
  expect(globalPatchesIn(`const a = 1;\n  ${line};\n`, "x.ts")).toHaveLength(1);
});

test.each([
  "if (process.env.PORT === '1') run();",
  "const port = process.env.PORT;",
  "process.exitCode = 1;",
  "const now = Date.now();",
  "globalThis.fetch(url);",
  "const { setTimeout: later } = globalThis;",
])("code that changes no global is allowed: %s", (line) => {
  expect(globalPatchesIn(line, "x.ts")).toEqual([]);
});
