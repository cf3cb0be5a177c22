/** An attached file of another person's session is read from that person's server alone, whatever others say that they have. */
import { expect } from "bun:test";
import { createHash } from "node:crypto";
import { unixPeople } from "./unix-people";
import { text } from "./upstream/upstream";

const scene = unixPeople();
const { test } = scene;

test("a file of another's session is found by its session, and by nothing else", async () => {
  const { rein, as } = await scene.start({ REIN_ADMINS: "bob" });
  await using _rein = rein;
  const [anna, bob] = [as(scene.anna), as(scene.bob)];
  const content = "The words of Anna.";
  const hash = createHash("sha256").update(content).digest("hex");
  await anna.fetch("/api/files", { method: "POST", body: content });
  scene.upstream.script([text("Read.")]);
  const chat = anna.chat({ message: "Read it", files: [{ hash, name: "words.txt" }] });
  await chat.ended;
  const read = async (query: string) => {
    const response = await bob.fetch(`/api/files/${hash}${query}`);
    return [response.status, response.ok && (await response.text())];
  };
  expect(await read(`?sessionId=${chat.sessionId}`)).toEqual([200, content]);
  // The first that had one would say what it is.
  expect(await read("")).toEqual([404, false]);
  expect(await read("?sessionId=another")).toEqual([404, false]);
});
