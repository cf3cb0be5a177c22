/** Access outside the working directory needs a permission. */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { checkDirectory } from "../server/http/session-options";
import { toolSpecs } from "../server/tools/specs";
import { ToolError } from "../server/tools/tool";
import { someTools, ToolBench } from "./tools-bench";

test("reading and searching inside the working directory needs no permission, editing inside asks once for all files", async () => {
  using bench = new ToolBench();
  await bench.write("a/file.txt", "text");
  expect(await bench.permission("read", { path: "a/file.txt" })).toBeUndefined();
  expect(
    await bench.permission("read", { path: join(bench.cwd, "a/../a/file.txt") }),
  ).toBeUndefined();
  expect(await bench.permission("glob", { pattern: "*" })).toBeUndefined();
  expect(await bench.permission("grep", { pattern: "x", path: "a" })).toBeUndefined();
  const edit = await bench.permission("edit", { path: "a/file.txt", oldText: "a", newText: "b" });
  const write = await bench.permission("write", { path: "b/new.txt", content: "" });
  expect(edit).toMatchObject({ kind: "edit", subject: "a/file.txt" });
  expect(write).toMatchObject({ kind: "edit", subject: "b/new.txt" });
  expect(write!.always.at(-1)).toEqual(edit!.always.at(-1));
});

test("reading, searching and editing outside ask for permission for that path only", async () => {
  using bench = new ToolBench();
  const read = await bench.permission("read", { path: "/etc/hostname" });
  expect(read).toMatchObject({ kind: "read", outside: true, subject: "/etc/hostname" });
  const others = [
    await bench.permission("read", { path: "../other.txt" }),
    await bench.permission("glob", { pattern: "*", path: "/usr" }),
    await bench.permission("grep", { pattern: "x", path: "~" }),
    await bench.permission("write", { path: "/etc/hostname", content: "" }),
  ];
  expect(others.map((need) => need?.outside)).toEqual([true, true, true, true]);
  const narrowest = [read!, ...others].map((need) => JSON.stringify(need!.always[0]));
  expect(new Set(narrowest).size).toBe(5);
});

test("a sibling whose name begins with the working directory's name is outside", async () => {
  using bench = new ToolBench();
  expect(await bench.permission("read", { path: `${bench.cwd}-other/file` })).toMatchObject({
    outside: true,
  });
  expect(await bench.permission("read", { path: "..file" })).toBeUndefined();
});

test("a link inside that points outside counts as outside, even where the target does not exist yet", async () => {
  using bench = new ToolBench();
  using other = new ToolBench();
  await other.write("secret.txt", "secret");
  await symlink(other.cwd, join(bench.cwd, "door"));
  await symlink(join(other.cwd, "not-yet.txt"), join(bench.cwd, "dangling"));
  await symlink("loop", join(bench.cwd, "loop"));
  expect(await bench.permission("read", { path: "door/secret.txt" })).toMatchObject({
    kind: "read",
    outside: true,
    subject: `${other.cwd}/secret.txt`,
  });
  expect(await bench.permission("write", { path: "door/deep/new.txt", content: "" })).toMatchObject(
    {
      kind: "edit",
      outside: true,
      subject: `${other.cwd}/deep/new.txt`,
    },
  );
  expect(await bench.permission("write", { path: "dangling", content: "" })).toMatchObject({
    kind: "edit",
    outside: true,
    subject: `${other.cwd}/not-yet.txt`,
  });
  const loop = await bench.permission("read", { path: "loop" }).catch((error: unknown) => error);
  expect(loop).toBeInstanceOf(ToolError);
});

test("paths inside a working directory that is a symbolic link count as inside", async () => {
  using bench = new ToolBench();
  await bench.write("real/file.txt", "text");
  await symlink("real", join(bench.cwd, "linked"));
  // As the server takes it, when it is chosen for a session.
  const linked = bench.beside({ cwd: await checkDirectory("linked", bench.cwd) });
  expect(await linked.permission("read", { path: "file.txt" })).toBeUndefined();
  const read = await linked.prepare("read", { path: "file.txt" });
  expect(await read.run()).toEqual({ output: "1\ttext" });
});

test("each tool has a description and an object as its input, for every provider", () => {
  const specs = toolSpecs(someTools());
  expect(specs.map(({ name }) => name)).toEqual([
    "read",
    "write",
    "edit",
    "apply_patch",
    "glob",
    "grep",
    "bash",
    "process",
    "fetch",
    "search",
  ]);
  for (const { description, inputSchema } of specs) {
    expect(description.length).toBeGreaterThan(40);
    expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
  }
  expect(specs.find(({ name }) => name === "bash")!.inputSchema.required).toEqual(["command"]);
});
