/** What a terminal keeps in its file is known to it also where the disk does not take it, and is written once it does. */
import { expect, test } from "bun:test";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { createFileStorage } from "../terminal/file-storage";
import { temporaryDirectory } from "./temporary-directory";

test("a file that cannot be written for a while hides nothing that was set, and shows nothing that was removed", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "terminal.json");
  const storage = createFileStorage(path);
  storage.setItem("before", "1");
  // It is written by another name first, which is taken.
  const taken = `${path}.${process.pid}`;
  mkdirSync(taken);
  storage.setItem("stop", "2");
  storage.removeItem("before");
  expect([storage.names(), storage.getItem("before"), storage.getItem("stop")]).toEqual([
    ["stop"],
    null,
    "2",
  ]);
  expect(createFileStorage(path).names()).toEqual(["before"]);
  rmdirSync(taken);
  storage.setItem("after", "3");
  expect(createFileStorage(path).names()).toEqual(["stop", "after"]);
});
