/** Lines of an engine that would hold the server are not parsed; all others are, whatever their strings hold. */
import { expect, test } from "bun:test";
import { parseLine } from "../server/engines/parse-line";

const long = "x".repeat(70_000);

test.each([
  ["brackets in a string", { a: "[{".repeat(600_000) }],
  ["commas in a string", { a: ",".repeat(600_000) }],
  ["quotes and backslashes", { a: `\\"[`.repeat(400_000), b: ["\\\\", '"', long] }],
  ["a hundred thousand objects", Array.from({ length: 100_000 }, (_, at) => ({ at }))],
  ["an array after a string that ends with a backslash", [`${long}\\`, [[1]]]],
])("a long line with %s is read", (_, value) => {
  expect(parseLine(JSON.stringify(value))).toEqual(value);
});

test.each([
  ["nested without end", "[".repeat(100_000)],
  ["objects in objects", '{"a":'.repeat(20_000)],
  ["half a million of objects", `[${"{},".repeat(500_000)}{}]`],
  ["an object of half a million fields", `{${'"a":0,'.repeat(500_000)}"b":0}`],
])("a long line that is %s is refused", (_, line) => {
  expect(() => parseLine(line)).toThrow("more values than can be read");
});

test("what is no JSON is refused", () => {
  for (const line of ["", "{", long, `"${long}`]) expect(() => parseLine(line)).toThrow();
});
