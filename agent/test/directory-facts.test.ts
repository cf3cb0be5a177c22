/** What is suggested for a directory is chosen by what it holds, and finding that out opens no link, pipe or large file. */
import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { factsOf } from "../server/files/directory-facts";
import { temporaryDirectory } from "./temporary-directory";

const none = { isEmpty: false, hasRepository: false, hasTests: false };

test("an empty directory, a repository and tests are told, and a directory that cannot be read is refused", async () => {
  using directory = temporaryDirectory();
  const at = (name: string) => join(directory.path, name);
  const facts = () => factsOf(directory.path, AbortSignal.timeout(5000));
  expect(await facts()).toEqual({ ...none, isEmpty: true });
  writeFileSync(at("package.json"), '{"scripts":{"test":"echo \\"Error: no test specified\\""}}');
  expect(await facts()).toEqual(none);
  writeFileSync(at("package.json"), '{"scripts":{"test":"bun test"}}');
  expect(await facts()).toEqual({ ...none, hasTests: true });
  mkdirSync(at(".git"));
  expect(await facts()).toEqual({ isEmpty: false, hasRepository: true, hasTests: true });
  const missing = factsOf(at("missing"), AbortSignal.timeout(5000));
  expect(await missing.catch((error) => error.code)).toBe("ENOENT");
});

test("a package.json that is a pipe, a link or no JSON says nothing, and nothing waits for it", async () => {
  for (const make of [
    (path: string) => execFileSync("mkfifo", [path]),
    (path: string) => symlinkSync("/dev/zero", path),
    (path: string) => writeFileSync(path, '{"scripts":{"test":["x"]}}'),
    (path: string) => writeFileSync(path, `${" ".repeat(70_000)}{"scripts":{"test":"x"}}`),
  ]) {
    using directory = temporaryDirectory();
    make(join(directory.path, "package.json"));
    expect(await factsOf(directory.path, AbortSignal.timeout(5000))).toEqual(none);
  }
});
