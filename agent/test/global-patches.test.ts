/** The check that no test changes a global for the others finds each way of doing so. */
import { expect, test } from "bun:test";
import { globalPatchesIn } from "./global-patches";

/** Written apart, so that this file passes the check. */
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
])("%s is found", (line) => {
  expect(globalPatchesIn(`const a = 1;\n  ${line};\n`, "x.ts")).toHaveLength(1);
});

test.each([
  "if (process.env.PORT === '1') run();",
  "const port = process.env.PORT;",
  "process.exitCode = 1;",
  "const now = Date.now();",
  "globalThis.fetch(url);",
  "const { setTimeout: later } = globalThis;",
])("%s is not", (line) => {
  expect(globalPatchesIn(line, "x.ts")).toEqual([]);
});
