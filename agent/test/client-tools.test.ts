/** The card of a tool call is readable at every moment: with a half-written input, and with a very long output. */
import { describe, expect, test } from "bun:test";
import { readUnfinished } from "../client/state/tool-input";
import { tailOf, terminalTailOf, withoutProcessNote } from "../client/state/output-tail";

describe("an input that is still being written", () => {
  const input = {
    command: 'echo "a\\b" \u00e9 \u2028 \n{[,:',
    count: -12.5e3,
    deep: { list: [1, "two, \\", { three: null }], yes: true },
    last: "",
  };

  for (const [name, json] of [
    ["compact", JSON.stringify(input)],
    ["indented", JSON.stringify(input, null, 2)],
    ["escaped", JSON.stringify(input).replaceAll("é", "\\u00e9")],
  ] as const)
    test(`is readable after every character (${name})`, () => {
      let shown = 0;
      for (let length = 0; length <= json.length; length++) {
        const read = readUnfinished(json.slice(0, length)) as Partial<typeof input>;
        expect(typeof read).toBe("object");
        const { command = "" } = read;
        expect(input.command.startsWith(command)).toBe(true);
        // Text that was shown does not disappear again.
        expect(command.length).toBeGreaterThanOrEqual(shown);
        shown = command.length;
      }
      expect(readUnfinished(json)).toEqual(input);
    });

  test("shows the text of a long field as far as it has arrived", () => {
    expect(readUnfinished('{"path":"a.ts","content":"const a')).toEqual({
      path: "a.ts",
      content: "const a",
    });
    expect(readUnfinished('{"path":"a.ts","cont')).toEqual({ path: "a.ts" });
    expect(readUnfinished('{"path":"a.ts","content":')).toEqual({ path: "a.ts" });
    expect(readUnfinished('{"path":"a.ts","whole":tr')).toEqual({ path: "a.ts" });
  });
});

describe("an output", () => {
  test("is cut to its last lines, with the number of lines left out", () => {
    expect(tailOf("a\nb\nc\n", 2)).toEqual({ text: "b\nc", earlier: 1 });
    expect(tailOf("a\nb\nc", 2)).toEqual({ text: "b\nc", earlier: 1 });
    expect(tailOf("a\nb", 5)).toEqual({ text: "a\nb", earlier: 0 });
    expect(tailOf("\n\nc", 2)).toEqual({ text: "\nc", earlier: 1 });
    expect(tailOf("", 5)).toEqual({ text: "", earlier: 0 });
  });

  test("is shown as on a terminal: without colour codes, and with only the last state of an overwritten line", () => {
    expect(terminalTailOf("\u001B[32mok\u001B[0m\n10%\r50%\r100%\r\nend", 9).text).toBe(
      "ok\n100%\nend",
    );
  });
});

test("a card leaves out the note for the model that its process runs, and nothing that the process wrote", () => {
  const note = "[process p1 is running (pid 7); all of its output goes to /p1.log]";
  expect(withoutProcessNote(`ready\n${note}`, "p1")).toBe("ready\n");
  expect(withoutProcessNote(`${note}\n${note}`, "p1")).toBe(`${note}\n`);
  for (const whole of [`${note}\nready`, `it said ${note}`, note.replace("p1 is", "p2 is")])
    expect(withoutProcessNote(whole, "p1")).toBe(whole);
});
