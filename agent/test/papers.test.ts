/** The files and the package.json commands that README and the other documents name exist. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import packageJson from "../../package.json";
import { options, providerVariables } from "../server/config/options";

const root = join(import.meta.dir, "../..");
const papers = [
  "README.md",
  ".github/CONTRIBUTING.md",
  ".github/SECURITY.md",
  ".github/CHANGELOG.md",
  "agent/test/sweep/README.md",
].map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

test.each(papers)("every file that $path names exists", ({ path, text }) => {
  const named = [...text.matchAll(/\bagent\/[\w./-]*[\w/]/g)].map(([name]) => join(root, name));
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
    join(root, dirname(path), link!),
  );
  const built = ["agent/dist", "agent/packaging/dist"].map((folder) => join(root, folder));
  const missing = [...named, ...linked].filter((file) => !existsSync(file));
  expect(missing.filter((file) => !built.some((folder) => file.startsWith(folder)))).toEqual([]);
});

test.each(papers)("every command that $path names is one of package.json's", ({ text }) => {
  const scripts = [...text.matchAll(/\bbun run ([\w:-]+)/g)].map(([, name]) => name!);
  expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([]);
});

test("README names every option and every variable that a provider reads", () => {
  const { text } = papers[0]!;
  const names = [
    ...Object.values(options).flatMap(({ variable }: { variable?: string }) => variable ?? []),
    ...providerVariables,
  ];
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
