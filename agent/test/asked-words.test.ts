/** A permission request says who asks, and shows all that it is about, whatever kind it is. */
import { expect, test } from "bun:test";
import { askedOf } from "../client/state/asked-input";
import { askerOf, questionOf, spokenQuestion } from "../client/state/waiting-approvals";
import type { Approval, EngineInfo, Session, ToolCallPart } from "../shared/protocol";

test("a tool is asked by its name, with what it is about, and nothing of its input is left out", () => {
  const fetch = approval({ kind: "tool", tool: "WebFetch", subject: "https://a.example/" });
  expect(questionOf(fetch, "Codex")).toBe("Codex wants to use WebFetch");
  const input = { url: "https://a.example/", prompt: "Sum it up" };
  expect(askedOf(fetch, part(input))).toEqual({
    blocks: [{ name: "About", text: "https://a.example/" }],
    facts: ["prompt: Sum it up"],
  });
  const bare = approval({ kind: "tool", tool: "list\u202e", subject: "" });
  expect(spokenQuestion(bare, "Rein")).toBe("Rein wants to use list⟨U+202E⟩");
  expect(askedOf(bare, part({}))).toEqual({ blocks: [], facts: [] });
});

test("a field whose name every object has as a key is shown like any other", () => {
  const asking = approval({ kind: "tool", tool: "Run", subject: "" });
  const input: unknown = JSON.parse('{"constructor":true,"__proto__":true}');
  expect(askedOf(asking, part(input as object)).facts).toEqual([
    "constructor: true",
    "__proto__: true",
  ]);
});

test("several files are shown, each of them", () => {
  const files = approval({ kind: "edit", subject: "a", alsoPaths: ["b", ".git/config"] });
  expect(questionOf(files, "Rein")).toBe("Rein wants to change these files");
  expect(askedOf(files, part({})).blocks).toEqual([{ name: "Files", text: "a\nb\n.git/config" }]);
});

test.each<[object]>([
  [{ file_path: "/w/a", old_string: "x", new_string: "y" }],
  [{ filePath: "/w/a", oldString: "x", newString: "y" }],
  [{ path: "/w/a", diff: "--- a\n+++ a\n@@ -1 +1 @@\n-x\n+y\n" }],
])("an engine's edit is shown as the lines that it replaces: %j", (input) => {
  const edit = approval({ kind: "edit", subject: "a" });
  const { blocks } = askedOf(edit, part(input));
  expect(blocks.map(({ name }) => name)).toEqual(["File", "Change"]);
  const change = blocks[1]!;
  expect("lines" in change && change.lines.filter(({ kind }) => kind !== "note")).toEqual([
    { kind: "removed", text: "x" },
    { kind: "added", text: "y" },
  ]);
});

test("a command of a shell in an unknown place says so", () => {
  const command = approval({ kind: "command", subject: "ls", anywhere: true });
  expect(askedOf(command, part({ command: "ls" })).facts).toEqual([
    "The engine does not say in which directory it runs",
  ]);
});

test("the session's own directory and a path that is asked already are not said again", () => {
  const command = approval({ kind: "command", subject: "ls" });
  const of = (cwd: string) => askedOf(command, part({ command: "ls", cwd }), "/w").facts;
  expect([of("/w"), of("/w/a")]).toEqual([[], ["cwd: /w/a"]]);
  const inSrc = approval({ kind: "command", subject: "ls", directory: "src" });
  const input = { command: "ls", workdir: "/w/src" };
  expect(askedOf(inSrc, part(input), "/w").facts).toEqual(["In the directory src"]);
  const edit = approval({ kind: "edit", subject: "a" });
  expect(askedOf(edit, part({ file_path: "/w/a", old: "/w/b" }), "/w").facts).toEqual([
    "old: /w/b",
  ]);
});

test("an engine asks by its name, also when it is gone, or by its id where none is known", () => {
  const engines = [{ id: "codex", name: "Codex" }] as EngineInfo[];
  const of = (engine?: Session["engine"]) => askerOf({ ...(engine && { engine }) }, engines);
  expect(of()).toBe("Rein");
  expect(of({ id: "codex", name: "Before" })).toBe("Codex");
  expect(of({ id: "own-x", name: "Helper" })).toBe("Helper");
  expect(of({ id: "own-x" })).toBe("own-x");
});

function approval(more: Partial<Approval>): Approval {
  return { id: "a", kind: "command", subject: "", digest: "", always: [], ...more };
}

function part(input: object): ToolCallPart {
  const call = { type: "tool-call", id: "c", callId: "c", name: "tool", inputText: "" } as const;
  return { ...call, input, state: "waiting", output: "" };
}
