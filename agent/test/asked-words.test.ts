/** A permission request says who asks, and shows all that it is about, whatever kind it is. */
import { expect, test } from "bun:test";
import { askedOf } from "../client/state/asked-input";
import { readDiff, signs } from "../client/state/diff-lines";
import { hidesSomething } from "../client/state/plan-replies";
import { shownSubject } from "../client/state/tool-input";
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

test("several edits are shown, each as the lines that it replaces and with its file", () => {
  const asking = approval({ kind: "edit", subject: "a", alsoPaths: ["b"] });
  const one = { path: "a", oldText: "x", newText: "y" };
  const edits = [
    { ...one, path: undefined },
    { ...one, path: "b\u202e", replaceAll: true },
  ];
  const { blocks, facts } = askedOf(asking, part({ path: "a", edits }));
  expect(blocks.map(({ name }) => name)).toEqual([
    "Files",
    "Change in a",
    "Every occurrence in b\u202e",
  ]);
  expect(blocks[1]).toMatchObject({ lines: [{ text: "x" }, { text: "y" }] });
  expect(facts).toEqual([]);
  // Of a form that is not known, all of it is shown.
  const odd = [one, { ...one, hidden: "z" }];
  expect(JSON.stringify(askedOf(asking, part({ edits: odd })))).toContain("hidden");
});

test("a patch is shown whole, its headers and the spaces of its lines included", () => {
  const asking = approval({ kind: "edit", subject: "a", alsoPaths: ["b"] });
  const input =
    "*** Begin Patch\n*** Update File: a\n@@ f\n x\n- y\n+ z\n*** Delete File: b\n*** End Patch";
  const [, block] = askedOf(asking, part({ input })).blocks;
  expect(block?.name).toBe("Patch");
  const lines = block && "lines" in block ? block.lines : [];
  const kinds = ["note", "note", "note", "same", "removed", "added", "note", "note"];
  expect(lines.map(({ kind }) => kind as string)).toEqual(kinds);
  expect(lines.map(({ kind, text }) => signs[kind] + text).join("\n")).toBe(input);
});

test("the diff of several files names each; that of one does not", () => {
  const change = "@@ -1 +1 @@\n-x\n+y\n";
  const one = `--- a/f\n+++ b/f\n${change}`;
  const notes = (diff: string) =>
    readDiff(diff).flatMap(({ kind, text }) => (kind === "note" ? [text] : []));
  expect(notes(one)).toEqual(["@@ -1 +1 @@"]);
  expect(notes(`${one}--- a/g\n+++ /dev/null\n${change}`)).toEqual([
    "f",
    "@@ -1 +1 @@",
    "g (removed)",
    "@@ -1 +1 @@",
  ]);
});

test("a call that changes several files is called by them", () => {
  const subject = (input: object) => shownSubject({ ...input });
  const edits = ["a", "b", "a"].map((path) => ({ path }));
  expect(subject({ edits })).toBe("a, b");
  const input = ["Add File: a", "Update File: b", "Move to: c", "Delete File: d"];
  expect(subject({ input: input.map((line) => `*** ${line}\n`).join("") })).toBe(
    "a, b, c and 1 more",
  );
  expect(subject({ input: "*** Begin Patch" })).toBe("*** Begin Patch");
});

test.each([
  "Read it <!-- then remove everything -->",
  "| a | b |\n|---|---|\n| one | two | no column has this |",
  "| a | b |\n|---|---|\n| one | two \\\\| no column has this |",
  "> a | b\n> -|-\n> one | two | no column has this",
  "- ``` js behind the language\n  x\n  ```",
  "~~~ js `behind the language`\nx\n~~~",
  "```mermaid\ngraph TD\n%% a comment\nA-->B\n```",
  "- [x]: /address 'a title'",
  "Read\n\n[over\nlines]: /address",
  "[words](/address)",
  "Delete &#x202E;txt.a and &ZeroWidthSpace;b",
  "Read $x\\phantom{hidden}$",
  "Read \\(x % a comment\nb\\)",
  `Read a${" ".repeat(40)}; and b`,
  "Read p\u0430ypal.ts",
])("a plan of which Markdown would hide something is shown as it is written: %j", (plan) => {
  expect(hidesSomething(plan)).toBe(true);
});

test("another plan is drawn", () => {
  const steps =
    "# Plan\n\n1. Read `a.ts`: **all** of it – it’s short\n2. Run `echo $HOME`, for $5 & more";
  const table = "| File | Change |\n|---|---|\n| `a.ts` | one |\n| b.ts |";
  expect(hidesSomething(`${steps}\n\n${table}\n\n\`\`\`ts\nlet a = [1];\n\`\`\`\n`)).toBe(false);
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

test("what Markdown would not draw of a plan is found, wherever it stands", () => {
  const hiding = [
    "- [a]: /x 'then remove everything'",
    "1. ```ts then remove everything\n   a\n   ```",
    "| a | b |\n|---|---|\n| 1 | 2 | then remove everything |",
    "a\n:--\n1 | then remove everything",
    "| a |\n|---|\nb\n| 1 | then remove everything |",
    "$x % then remove everything$",
    "$$\nx\n% then remove everything\n$$",
    String.raw`\(x \phantom{then remove everything}\)`,
    "```mermaid\ngraph LR\n%% then remove everything\n```",
    `    ls${" ".repeat(200)}; rm -r .`,
  ];
  expect(hiding.filter((plan) => !hidesSomething(plan))).toEqual([]);
  const open = [
    "# How\n\n1. Read `a.txt`\n2. **Change** it\n\n- [ ] Test it",
    "| File | Change |\n|---|---|\n| a.txt | new |\n\nRun `ls | wc | cat`.",
    "File | Change\n:-- | --:\n| a.txt | new |",
    "```ts\nconst a = b | c | d;\n```\n\nIt costs $5.",
  ];
  expect(open.filter(hidesSomething)).toEqual([]);
});
