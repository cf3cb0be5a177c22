/** A start that cannot be: it says what is wrong and what to do, and leaves what is there as it was. */
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./browser";
import { rejectionOf } from "./provider-wires";
import { type ReinOptions, startRein } from "./rein";

test("a second server on one data directory is refused, and the first one's run goes on", async () => {
  await using rein = await startRein();
  const chat = rein.chat({ message: "Write a long answer with reasoning, a table and code." });
  await chat.until((event) => event.type === "part-delta");
  expect(await refusalOf({ dataDir: rein.dataDir })).toContain("Another Rein works with");
  expect(await rein.session(chat.sessionId)).toMatchObject({ runs: [{ state: "running" }] });
  chat.hangUp();
});

test("a data directory is free again when its server was killed", async () => {
  using directory = temporaryDirectory();
  const first = await startRein({ dataDir: directory.path });
  first.signal("SIGKILL");
  await first.exited;
  await using second = await startRein({ dataDir: directory.path });
  expect((await second.fetch("/api/sessions")).status).toBe(200);
  await first[Symbol.asyncDispose]();
});

test("an address that is not this machine's is named", async () => {
  const environment = { HOST: "192.0.2.1", REIN_TOKEN: "a token of one's own" };
  expect(await refusalOf({ environment })).toContain("HOST is expected to be an address");
});

test("a port that is no number is named", async () => {
  expect(await refusalOf({ environment: { PORT: "abc" } })).toContain("PORT is “abc”");
});

test("a working directory that is not there is named", async () => {
  const words = await refusalOf({ environment: { REIN_CWD: "/no/such/place" } });
  expect(words).toContain("REIN_CWD is “/no/such/place”");
});

test("a flag that does not exist is named, with those that do", async () => {
  expect(await refusalOf({ args: ["--prot", "80"] })).toContain("Known are --port");
});

test("settings that are no JSON are named, and left as they are", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "settings.json");
  writeFileSync(path, "{ broken");
  expect(await refusalOf({ dataDir: directory.path })).toContain(path);
  expect(readFileSync(path, "utf8")).toBe("{ broken");
});

test("a directory of other things is not shut to others to keep the data in it", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "shared");
  mkdirSync(path);
  writeFileSync(join(path, "notes"), "");
  chmodSync(path, 0o755);
  expect(await refusalOf({ dataDir: path })).toContain("REIN_DATA_DIR");
  expect(statSync(path).mode & 0o777).toBe(0o755);
});

test("a variable that is set to nothing is not set", async () => {
  await using rein = await startRein({ environment: { HOST: "", REIN_TOKEN: "", REIN_CWD: "" } });
  expect(rein.url).toContain("127.0.0.1");
  expect(rein.token.length).toBeGreaterThan(16);
});

async function refusalOf(options: ReinOptions): Promise<string> {
  return String(await rejectionOf(startRein(options)));
}
