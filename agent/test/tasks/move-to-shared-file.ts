import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const slug = `function slug(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}
`;
const fileOf = (name: string, path: string) =>
  `${slug}\nexport const ${name} = (title: string) => \`${path}/\${slug(title)}\`;\n`;
const movedOf = (name: string, path: string) =>
  `import { slug } from "./slug";\n\nexport const ${name} = (title: string) => \`${path}/\${slug(title)}\`;\n`;

export const moveToSharedFile: Task = {
  name: "move-to-shared-file",
  message:
    "posts.ts, tags.ts and authors.ts have the same function slug. Move it into slug.ts, export it there, and import it in all three. main.ts must print what it prints now.",
  files: {
    "posts.ts": fileOf("post", "/posts"),
    "tags.ts": fileOf("tag", "/tags"),
    "authors.ts": fileOf("author", "/by"),
    "main.ts": `import { author } from "./authors";\nimport { post } from "./posts";\nimport { tag } from "./tags";\nconsole.log(post("Hello, World!"), tag("C++"), author("Ada L."));\n`,
  },
  check: (directory) =>
    firstFault(
      () => directory.succeeds(`test "$(bun main.ts)" = "/posts/hello-world /tags/c /by/ada-l"`),
      () =>
        directory.succeeds(
          `test "$(grep -lE 'toLowerCase' *.ts)" = slug.ts && test "$(grep -lE 'slug"|slug.ts"' posts.ts tags.ts authors.ts | wc -l)" -eq 3`,
        ),
    ),
  script: [
    ["posts.ts", "tags.ts", "authors.ts"].map((path) => toolCall("read", { path })),
    [
      toolCall("write", { path: "slug.ts", content: `export ${slug}` }),
      toolCall("write", { path: "posts.ts", content: movedOf("post", "/posts") }),
      toolCall("write", { path: "tags.ts", content: movedOf("tag", "/tags") }),
      toolCall("write", { path: "authors.ts", content: movedOf("author", "/by") }),
    ],
    [text("`slug` is in slug.ts, and the three files import it.")],
  ],
};
