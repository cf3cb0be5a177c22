/** A service cannot send a key or a conversation to another place: it is asked only at its own address. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { fetchFromService } from "../../server/providers/service-fetch";
import { http, type RawUpstream, startRawUpstream } from "../upstream/raw-upstream";
import { text } from "../upstream/script";
import { ended, serviceScene, spoken, wireNames } from "./service-scene";

const scene = serviceScene();
let elsewhere: RawUpstream;
beforeEach(() => void (elsewhere = startRawUpstream()));
afterEach(() => elsewhere[Symbol.dispose]());

test.each(wireNames)("a redirect to another port is refused, on the wire of %s", async (wire) => {
  elsewhere.answer(() => http(spoken(wire, text("Stolen."))));
  for (const status of ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"]) {
    const chat = scene.ask(wire, redirect(status, `${elsewhere.url}/v1/x`));
    const { error } = await ended(chat);
    expect(error?.code).toBe("bad-answer");
    expect(error?.message).toContain(`redirects to ${elsewhere.url}`);
    expect(await scene.next(wire, chat)).toBe("Still here.");
  }
  expect(elsewhere.requests).toEqual([]);
});

test("no other way to say another place is followed", async () => {
  const { host } = new URL(elsewhere.url);
  const places = [
    `//${host}/x`,
    `https://${new URL(scene.upstream.url).host}/x`,
    "file:///etc/passwd",
    "data:text/event-stream,data:%20x",
    `http://user:word@${host}/`,
    "http://[",
  ];
  for (const place of places) {
    const chat = scene.ask("anthropic", redirect("307 Temporary", place));
    expect((await ended(chat)).error?.message).toContain("it redirects to");
  }
  expect(elsewhere.requests).toEqual([]);
});

test("one at the same address is followed, but not for ever", async () => {
  const paths: string[] = [];
  using own = startRawUpstream();
  own.answer(({ line }) => {
    paths.push(line);
    if (line.endsWith("/ring")) return redirect("307 Temporary", "/ring");
    if (line.endsWith("/old")) return redirect("308 Permanent", "/new");
    return http("here");
  });
  const request = { method: "POST", body: "x" };
  const response = await fetchFromService(`${own.url}/old`, request);
  expect((await response.text()).trimEnd()).toBe("here");
  expect(paths).toEqual(["POST /old", "POST /new"]);
  expect(await refusal(fetchFromService(`${own.url}/ring`, request))).toContain("it redirects to");
});

test("a list of models is not asked for elsewhere either", async () => {
  using own = startRawUpstream();
  own.answer(() => redirect("302 Found", `${elsewhere.url}/v1/models`));
  const list = fetchFromService(`${own.url}/v1/models`, { headers: { "x-api-key": "secret" } });
  expect(await refusal(list)).toContain("it redirects to");
  expect(elsewhere.requests).toEqual([]);
});

function redirect(status: string, location: string) {
  return http("", { status, headers: { location } });
}

function refusal(answer: Promise<Response>): Promise<string> {
  return answer.then(
    () => "answered",
    (error: Error) => error.message,
  );
}
