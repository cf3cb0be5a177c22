/** A start that cannot succeed says what is wrong and what to do, and changes nothing that exists. */
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rejectionOf } from "./provider-wires";
import { type ReinOptions, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";

test("a second server on one data directory is refused, and the first server's run continues", async () => {
  await using rein = await startRein();
  const chat = rein.chat({ message: "Write a long answer with reasoning, a table and code." });
  await chat.until((event) => event.type === "part-delta");
  expect(await refusalOf({ dataDir: rein.dataDir })).toContain("Another Rein works with");
  expect(await rein.session(chat.sessionId)).toMatchObject({ runs: [{ state: "running" }] });
  chat.hangUp();
});

test("a data directory can be used again after its server was killed", async () => {
  using directory = temporaryDirectory();
  const first = await startRein({ dataDir: directory.path });
  first.signal("SIGKILL");
  await first.exited;
  await using second = await startRein({ dataDir: directory.path });
  expect((await second.fetch("/api/sessions")).status).toBe(200);
  await first[Symbol.asyncDispose]();
});

test("the error for an address of another machine names it", async () => {
  const environment = { HOST: "192.0.2.1", REIN_TOKEN: "a token of one's own" };
  expect(await refusalOf({ environment })).toContain("HOST is expected to be an address");
});

test("the error for a port that is not a number names it", async () => {
  expect(await refusalOf({ environment: { PORT: "abc" } })).toContain("PORT is “abc”");
});

test("the error for a working directory that does not exist names it", async () => {
  const words = await refusalOf({ environment: { REIN_CWD: "/no/such/place" } });
  expect(words).toContain("REIN_CWD is “/no/such/place”");
});

test("the error for an unknown flag names it, and lists the known flags", async () => {
  const words = await refusalOf({ args: ["--prot", "80"] });
  expect(words).toContain("Known are --port");
  expect(words).toContain("--dev");
});

test.each(["settings.json", "schedules.json"])(
  "the error for a %s that is not JSON names the file, which is not changed",
  async (name) => {
    using directory = temporaryDirectory();
    const path = join(directory.path, name);
    writeFileSync(path, "{ broken");
    expect(await refusalOf({ dataDir: directory.path })).toContain(path);
    expect(readFileSync(path, "utf8")).toBe("{ broken");
  },
);

test("a data directory with other content is refused, and its permissions are not changed", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "shared");
  mkdirSync(path);
  writeFileSync(join(path, "notes"), "");
  chmodSync(path, 0o755);
  expect(await refusalOf({ dataDir: path })).toContain("REIN_DATA_DIR");
  expect(statSync(path).mode & 0o777).toBe(0o755);
});

test("an empty variable counts as not set", async () => {
  await using rein = await startRein({ environment: { HOST: "", REIN_TOKEN: "", REIN_CWD: "" } });
  expect(rein.url).toContain("127.0.0.1");
  expect(rein.token.length).toBeGreaterThan(16);
});

async function refusalOf(options: ReinOptions): Promise<string> {
  return String(await rejectionOf(startRein(options)));
}
