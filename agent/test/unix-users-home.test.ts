/** What is in a person's home decides nothing of what root runs for them: no program there runs as root, and root writes nothing there. */
import { afterEach, expect } from "bun:test";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type UnixPerson, unixPeople } from "./unix-people";

const scene = unixPeople();
const { test } = scene;

/** What root could look for on its way to the account. */
const programs = ["setpriv", "getent", "env", "bun", "sh", "bash", "node", "systemd-run", "ldd"];

afterEach(() => rmSync(join(scene.anna.home, ".local"), { recursive: true, force: true }));

/** Puts programs in front of those of the system that note as whom they run, and then do what these do. */
function shadowPrograms({ home, uid }: UnixPerson): () => string[] {
  const notes = join(home, ".local/notes");
  const found = programs.flatMap((name) => {
    const real = Bun.which(name);
    return real === null ? [] : [{ name, real }];
  });
  for (const { name, real } of found)
    give(
      uid,
      join(home, ".local/bin", name),
      `#!/bin/sh\n/usr/bin/id -u | /usr/bin/tr '\\n' ' ' >> ${notes}\necho ${name} >> ${notes}\nexec ${real} "$@"\n`,
    );
  give(uid, notes, "");
  chmodSync(notes, 0o666);
  return () => readFileSync(notes, "utf8").split("\n").filter(Boolean);
}

function give(uid: number, path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  for (const one of [path, dirname(path), dirname(dirname(path))]) chownSync(one, uid, uid);
}

function ofRoot(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => lstatSync(path).uid === 0);
}

test("a person's server starts without running a program of their home as root", async () => {
  const notes = shadowPrograms(scene.anna);
  const { rein, as } = await scene.start();
  await using _ = rein;
  const anna = as(scene.anna);
  expect(await anna.command("id -u; getent passwd root; command -v setpriv")).toContain(
    join(anna.home, ".local/bin/setpriv"),
  );
  expect(notes()).toContain(`${anna.uid} getent`);
  expect(notes().filter((one) => !one.startsWith(`${anna.uid} `))).toEqual([]);
});

test("root leaves no file in a person's home", async () => {
  const { rein, as } = await scene.start();
  await using _ = rein;
  const anna = as(scene.anna);
  expect(await anna.command("id -u")).toContain(String(anna.uid));
  expect(ofRoot(anna.home)).toEqual([]);
});
