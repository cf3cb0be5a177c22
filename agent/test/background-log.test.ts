/** The output log of a background process: the newest output is in memory, the file is bounded, and a read repeats nothing. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutputLog } from "../server/background/output-log";

let folder: string;
let log: OutputLog;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rein-log-"));
  log = new OutputLog(join(folder, "p1.log"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the output log can be read from any offset", () => {
  log.write("one\n");
  log.write("two");
  expect(log.read(0)).toEqual({ text: "one\ntwo", from: 0, next: 7 });
  expect(log.read(4)).toEqual({ text: "two", from: 4, next: 7 });
  expect(log.read(7)).toEqual({ text: "", from: 7, next: 7 });
  expect(log.read(99)).toEqual({ text: "", from: 7, next: 7 });
  expect(log.lastLine).toBe("two");
});

test("a read from an offset that was dropped returns the offset where the available output begins", () => {
  for (let i = 0; i < 100; i++) log.write(`${"x".repeat(9_999)}\n`);
  const { text, from, next } = log.read(0);
  expect(next).toBe(1_000_000);
  expect(text.length).toBeLessThanOrEqual(400_000);
  expect(from + text.length).toBe(next);
});

test("the output log is flushed to a file that only its owner can read, and each byte is written once", () => {
  log.write("one\n");
  log.flush();
  log.write("two\n");
  log.flush();
  log.flush();
  expect(readFileSync(log.path, "utf8")).toBe("one\ntwo\n");
  expect((statSync(log.path).mode & 0o777).toString(8)).toBe("600");
});

test("output that overflows the buffer between two flushes leaves a mark in the file that says how much is missing", () => {
  log.write("first");
  log.flush();
  log.write("x".repeat(500_000));
  log.flush();
  expect(readFileSync(log.path, "utf8")).toMatch(
    /^first\n\[… 300000 characters left out here …\]\nx{200000}$/,
  );
});

test("the output log uses a bounded amount of disk", () => {
  for (let i = 0; i < 100; i++) {
    log.write("x".repeat(200_000));
    log.flush();
  }
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  expect(sizes).toHaveLength(2);
  expect(Math.max(...sizes)).toBeLessThan(5_300_000);
});
