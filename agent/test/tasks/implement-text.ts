import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const description = `# wrap(text, width)

Breaks a text into lines of at most \`width\` characters, and returns the lines as an array.

- It breaks at spaces, and the spaces at a break are left out.
- A word that is longer than \`width\` stands alone on its line, whole.
- Line breaks of the text stay: an empty line of it is an empty line of the result.
`;

export const implementText: Task = {
  name: "implement-text",
  message: "Write wrap.ts, which exports the function that WRAP.md describes.",
  files: { "WRAP.md": description },
  check: (directory) => {
    directory.add({
      "checked.ts": `import { wrap } from "./wrap";
const lines = [wrap("one two three", 7), wrap("a internationally b", 5), wrap("one\\n\\ntwo three", 20), wrap("ab cd", 5)];
console.log(JSON.stringify(lines));
`,
    });
    const expected = [
      ["one two", "three"],
      ["a", "internationally", "b"],
      ["one", "", "two three"],
      ["ab cd"],
    ];
    return firstFault(
      () => directory.has("WRAP.md", description),
      () => directory.succeeds(`diff <(bun checked.ts) <(echo '${JSON.stringify(expected)}')`),
    );
  },
  script: [
    [toolCall("read", { path: "WRAP.md" })],
    [
      toolCall("write", {
        path: "wrap.ts",
        content: `/** The lines of a text, each of at most \`width\` characters, unless one word is longer. */
export function wrap(text: string, width: number): string[] {
  return text.split("\\n").flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(/ +/)) {
    const longer = current === "" ? word : \`\${current} \${word}\`;
    if (longer.length <= width || current === "") current = longer;
    else {
      lines.push(current);
      current = word;
    }
  }
  return [...lines, current];
}
`,
      }),
    ],
    [text("`wrap` is in wrap.ts.")],
  ],
};
