/** Files of the data directory that are not what Rein left there: the start refuses in words and at once, or costs only what is damaged. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "../../server/store/store";
import { type Rein, startRein } from "../rein";

let dataDir: string;
beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), "rein-files-"))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const garbage = Buffer.from(Array.from({ length: 8192 }, (_, index) => (index * 7919) % 251));

const refused: [string, (path: string) => void][] = [
  ["a directory", (path) => mkdirSync(path)],
  ["a pipe", (path) => execFileSync("mkfifo", [path])],
  ["a link to nowhere", (path) => execFileSync("ln", ["-s", "/nowhere/at/all", path])],
  ["other bytes", (path) => writeFileSync(path, garbage)],
  ["another program's database", (path) => foreign(path)],
  ["Rein's, with a damaged schema", (path) => damageSchema(path)],
  ["Rein's, with a damaged page", (path) => damagePage(path)],
];

test.each(refused)("a database that is %s is refused, and left as it is", async (_title, make) => {
  const path = join(dataDir, "rein.db");
  make(path);
  const before = lstatSync(path).isFile() ? readFileSync(path, "hex") : "";
  const said = await startRein({ dataDir }).then(
    (rein) => rein[Symbol.asyncDispose]().then(() => "started"),
    (error: Error) => error.message,
  );
  expect(said).toMatch(/Rein did not start\. .*rein\.db.*/s);
  expect(said).not.toContain("    at ");
  expect(lstatSync(path).isFile() ? readFileSync(path, "hex") : "").toBe(before);
});

test("an empty database is taken for a new one", async () => {
  writeFileSync(join(dataDir, "rein.db"), "");
  await works(await startRein({ dataDir }));
});

test("bytes that changed anywhere in the database cost its start in words, or a session, or nothing", async () => {
  const tries = process.env.REIN_TRIES === "full" ? 50 : 3;
  {
    await using rein = await startRein({ dataDir });
    await talk(rein);
  }
  const path = join(dataDir, "rein.db");
  const whole = readFileSync(path);
  for (let seed = 0; seed < tries; seed++) {
    const bytes = Buffer.from(whole);
    for (let count = 0; count < 8; count++) {
      const at = (seed * 104_729 + count * 1_299_709) % bytes.length;
      bytes[at] = (bytes[at]! + 1 + seed + count) % 256;
    }
    for (const ending of ["-wal", "-shm"]) rmSync(path + ending, { force: true });
    writeFileSync(path, bytes);
    const started = await startRein({ dataDir }).catch((error: Error) => error.message);
    if (typeof started === "string") expect(started).toContain("Rein did not start. The database");
    else await works(started);
  }
});

test("what only helps the undo, the jobs and the background processes is replaced or left out", async () => {
  mkdirSync(join(dataDir, "undo"));
  writeFileSync(join(dataDir, "undo", "undo.db"), garbage);
  mkdirSync(join(dataDir, "jobs", "x.json"), { recursive: true });
  writeFileSync(join(dataDir, "jobs", "y.json"), '{"boot":5}');
  mkdirSync(join(dataDir, "processes", "session", "p1.living"), { recursive: true });
  const rein = await startRein({ dataDir });
  expect(rein.output()).toContain("were set aside");
  expect(existsSync(join(dataDir, "undo", "undo.db.damaged"))).toBe(true);
  await works(rein);
});

test("a settings file that is no file is refused in words", async () => {
  mkdirSync(join(dataDir, "settings.json"));
  const said = await startRein({ dataDir }).catch((error: Error) => error.message);
  expect(said).toMatch(/Rein did not start\. The settings file/);
});

/** Every list answers, sessions open or say why not, and a message is answered. */
async function works(started: Rein): Promise<void> {
  await using rein = started;
  const { sessions } = await rein.json<{ sessions: { id: string }[] }>("/api/sessions");
  for (const { id } of sessions) {
    const response = await rein.fetch(`/api/sessions/${id}`);
    if (!response.ok) expect((await response.json()).error.message).toContain("damaged");
  }
  await talk(rein);
}

async function talk(rein: Rein): Promise<void> {
  const chat = rein.chat({ message: "Say hello", provider: "demo", onDisconnect: "continue" });
  await chat.ended;
  expect(chat.session.runs.at(-1)!.outcome).toBe("done");
}

function damageSchema(path: string): void {
  new Store(path).close();
  const text = readFileSync(path, "latin1");
  writeFileSync(path, text.replaceAll("json_valid", "json_valxd"), "latin1");
}

/** The root of a table or of an index. */
function damagePage(path: string): void {
  new Store(path).close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, 4096, 2 * 4096);
  writeFileSync(path, bytes);
}

function foreign(path: string): void {
  const database = new Database(path, { create: true });
  database.run(
    "CREATE TABLE sessions (name TEXT); INSERT INTO sessions VALUES ('another program')",
  );
  database.close();
}
