/** What `bun run test` leaves out is named by patterns: none of them may be of files that are gone. */
import { expect, test } from "bun:test";
import { Glob } from "bun";
import { join } from "node:path";
import { core, long, longTests } from "./long-tests";

const root = join(import.meta.dir, "../..");

test("each pattern of long files, and of those that stay all the same, names files that are there", () => {
  const names = [...new Glob("**/*.test.{ts,tsx}").scanSync(import.meta.dir)].map((path) =>
    path.replace(/\.test\.tsx?$/, ""),
  );
  const isThere = (pattern: string) => names.some((name) => new Glob(pattern).match(name));
  expect([...long, ...core].filter((pattern) => !isThere(pattern))).toEqual([]);
});

test("the checks and the stops of each face stay, and what drives three browsers does not", () => {
  const left = longTests(root);
  for (const name of ["all-checks", "stop", "browser-stop", "terminal-stop", "cluster-undelivered"])
    expect(left).not.toContain(`agent/test/${name}.test.ts`);
  for (const name of ["browsers", "client-menus", "attacks/page-payloads", "cluster-outage"])
    expect(left).toContain(`agent/test/${name}.test.ts`);
});
