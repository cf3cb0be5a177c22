/** Of a deleted session nothing stays in the home of its engine, and nothing else goes. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { forgetConversation } from "../server/engines/forget-conversation";
import { lastingDirectory } from "./temporary-directory";

const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
const { signal } = new AbortController();

test("the files that a conversation's id names are removed; others, and what a link leads to, are kept", async () => {
  const root = lastingDirectory("rein-forget-");
  const home = join(root, "home");
  const own = [
    `projects/a/${id}.jsonl`,
    `projects/a/${id}/tool-results/1.txt`,
    `sessions/2026/11/26/rollout-2026-11-26T12-00-00-${id}.jsonl`,
    `tmp/p/chats/session-2026-11-26T12-00-0f8fad5b.jsonl`,
  ];
  const others = [`projects/a/${id.replace("0f", "1f")}.jsonl`, "config.toml", "0f8fad5b.txt"];
  for (const name of [...own, ...others]) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), "x");
  }
  mkdirSync(join(root, "outside"));
  const outside = join(root, "outside", `${id}.jsonl`);
  writeFileSync(outside, "x");
  symlinkSync(join(root, "outside"), join(home, "linked"));
  symlinkSync(join(root, "outside"), join(home, `to-${id}`));

  expect(await forgetConversation(home, "0f8fad5b", signal)).toBe(0);
  expect(await forgetConversation(home, id, signal)).toBe(own.length + 1);
  expect(own.filter((name) => existsSync(join(home, name)))).toEqual([]);
  expect(existsSync(join(home, `projects/a/${id}`))).toBe(false);
  for (const path of [...others.map((name) => join(home, name)), outside])
    expect(existsSync(path)).toBe(true);
});
