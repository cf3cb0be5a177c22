/** Which diagrams are drawn by themselves, which are offered, and which stay text: a browser may draw them where nothing can end it. */
import { expect, test } from "bun:test";
import { planDiagram } from "../client/markdown/diagram-rule";

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");
const edges = (count: number) => lines(count, (i) => `a${i}-->a${i + 1}`);

test.each([
  ["flowchart LR\nA -- words --> B & C", "flowchart LR\nA -- words --> B & C\n"],
  ["graph TD;\nA-->B", "graph TD;\nA-->B\n"],
  ["\n%% a comment\n  sequenceDiagram\nA->>B: x", "sequenceDiagram\nA->>B: x\n"],
  ["xychart-beta\r\nbar [1]", "xychart-beta\nbar [1]\n"],
  ["%%{init: {'theme': 'dark'}}%%\ngitGraph:\ncommit", "gitGraph:\ncommit\n"],
  [
    '---\ntitle: "A & B"\nconfig:\n  theme: dark\n---\npie\n"a": 1',
    '---\ntitle: "A & B"\n---\npie\n"a": 1\n',
  ],
  ["---\nconfig:\n  theme: dark\n---\n%%{init: {}}%%\npie", "pie\n"],
  [
    "gantt\nexcludes weekends, 2024-12-25\nsection x\na :a1, 2024-01-01, 30d",
    "gantt\nexcludes weekends, 2024-12-25\nsection x\na :a1, 2024-01-01, 30d\n",
  ],
  [`flowchart TB\n${edges(45)}`, `flowchart TB\n${edges(45)}\n`],
])("%j is drawn, without what could set anything", (text, source) => {
  expect(planDiagram(text)).toEqual({ source, isLarge: false });
});

test.each([
  "block-beta\n a space:3000000 b",
  "block\ncolumns 999999999\n a space:99999999 b",
  'packet-beta\n0-99999999: "x"',
  "radar-beta\naxis a\ncurve a{1}\nticks 99999999",
  "flowchart-elk LR\nA-->B",
  "kanban\na",
  "",
  "words",
  "%%{init: {}}%%\nblock-beta\na space:3000000",
  "%% flowchart LR\nblock-beta\na space:3000000",
  "---\ntitle: flowchart\n---\nblock-beta\na space:3000000",
  "---\nflowchart LR\n---\n---\nx: y\n---\nblock-beta",
])("%j is of a kind that is not drawn", (text) => {
  expect(planDiagram(text)).toEqual({ refusal: "this kind of diagram is not supported" });
});

test.each(["%%{init: {}\nflowchart LR\nA-->B", "%%%%{x}%%{init: {}}%%\npie", "pie\n%%{a %%{b}%%"])(
  "the directives of %j cannot be read",
  (text) => {
    expect(planDiagram(text)).toEqual({ refusal: "its directives cannot be read" });
  },
);

test.each([
  ["flowchart TB\n", (much: number) => edges(much * 46)],
  ["flowchart TB\na", (much: number) => edges(1).replace("--", "-".repeat(much * 48))],
  ["flowchart TB\na", (much: number) => `${" & b".repeat(much * 7)} --> c`],
  ["flowchart TB\n", (much: number) => `${lines(8, () => "subgraph x")}\n${edges(much * 19)}`],
  ["flowchart LR\nA[", (much: number) => "x<br>".repeat(much * 100)],
  ["stateDiagram-v2\n", (much: number) => "state a {\n".repeat(much * 21)],
  ["erDiagram\nA {", (much: number) => " s a".repeat(much * 101)],
  ["timeline\n2002 :", (much: number) => " word".repeat(much * 60)],
  ["timeline\n2002", (much: number) => " : x".repeat(much * 101)],
  ["gitGraph\n", (much: number) => "commit\n".repeat(much * 101)],
  ["pie\n", (much: number) => "x".repeat(much * 4001)],
])("a %j that is large is offered, and a larger one stays text", (head, rest) => {
  expect(planDiagram(head + rest(1))).toEqual({ source: expect.any(String), isLarge: true });
  expect(planDiagram(head + rest(4))).toEqual({ refusal: expect.stringContaining("too l") });
});

test.each(["1001d", "99999y", "9.9.9d", "99999999h", "500d\nb :b1, after a1, 501d"])(
  "a gantt chart that excludes days is not drawn over %j",
  (duration) => {
    const plan = planDiagram(`gantt\nexcludes weekends\nsection x\na :a1, 2024-01-01, ${duration}`);
    expect(plan).toEqual({ refusal: "it excludes days from too long a time" });
  },
);

test("no text within the bound takes long to plan", () => {
  const before = performance.now();
  for (const piece of ["%%{", "}%%", "%%{}%%", "---\n", " & ", "\n", " ", "%%\n", "<br", "1.", "-"])
    for (const head of ["", "gantt\nexcludes ", "---\n", "flowchart LR\n"])
      planDiagram(head + piece.repeat(10_000 / piece.length - head.length));
  expect(performance.now() - before).toBeLessThan(1000);
});
