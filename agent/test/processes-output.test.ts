/** A job's output arrives complete: no character is split, no byte is dropped, both streams are read. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startShell } from "./processes-bench";
import { temporaryDirectory } from "./temporary-directory";

test("a character that is written in two pieces arrives whole", async () => {
  using folder = temporaryDirectory();
  const pieces: string[] = [];
  const shell = startShell(
    "printf 'caf\\303'; until [ -e 1 ]; do :; done; printf '\\251 \\360\\237'; until [ -e 2 ]; do :; done; printf '\\230\\200'",
    {
      cwd: folder.path,
      onOutput: (text) => writeFileSync(join(folder.path, String(pieces.push(text))), ""),
    },
  );
  await shell.end;
  expect(pieces).toEqual(["caf", "é ", "😀"]);
});

test("standard error and standard output both arrive, each under its name", async () => {
  const texts = { stdout: "", stderr: "" };
  const shell = startShell("echo out; echo err >&2", {
    onOutput: (text, stream) => (texts[stream] += text),
  });
  await shell.end;
  expect(texts).toEqual({ stdout: "out\n", stderr: "err\n" });
});

test("a large output arrives without a gap", async () => {
  let characters = 0;
  const shell = startShell("head -c 20000000 /dev/zero | tr '\\0' x", {
    onOutput: (text) => (characters += text.length),
  });
  await shell.end;
  expect(characters).toBe(20_000_000);
});

test("output that came before a stop is delivered", async () => {
  const shell = startShell("echo before; sleep 300");
  await shell.untilOutput(/before/);
  shell.controller.abort();
  await shell.end;
  expect(shell.text()).toBe("before\n");
});

test("standard input is what the request gives, or empty", async () => {
  const given = startShell("cat", { stdin: "from outside é" });
  await given.end;
  expect(given.text()).toBe("from outside é");
  const empty = startShell("cat; echo read to its end");
  await empty.end;
  expect(empty.text()).toBe("read to its end\n");
});
