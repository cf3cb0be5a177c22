/** GET /metrics: what Prometheus reads, behind the token. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Rein, startRein } from "./rein";
import { failure, hang, startUpstream, text, type Upstream, usage } from "./upstream/upstream";
import { within } from "./within";

let upstream: Upstream;
let rein: Rein;
beforeAll(async () => {
  upstream = startUpstream();
  rein = await startRein({ environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

const model = { provider: "anthropic", model: "m" };

test("metrics are refused without the token", async () => {
  expect((await fetch(`${rein.url}/metrics`)).status).toBe(401);
});

test("metrics count runs, stops, failures and what is alive, in Prometheus' text format", async () => {
  upstream.route(() => [text("Some words."), hang]);
  const stopped = rein.chat({ message: "A secret title", ...model });
  await stopped.until((event) => event.type === "part-delta");
  const during = await read();
  expect(during.get("rein_active_runs")).toBe(1);
  expect(during.get("rein_live_sessions")).toBe(1);
  expect(during.get("rein_viewers")).toBe(1);
  await rein.stop(stopped.sessionId);
  await stopped.ended;

  const cache = { cacheReadTokens: 4, cacheWriteTokens: 2 };
  upstream.route(() => [text("All of it."), usage(7, 3, cache)]);
  const done = rein.chat({ message: "Go", ...model });
  await done.ended;
  upstream.route(() => [failure("invalid-request")]);
  const failed = rein.chat({ message: "Go", ...model });
  await failed.ended;

  const after = await read();
  expect(after.get('rein_runs_ended_total{outcome="stopped",stopped_by="user"}')).toBe(1);
  expect(after.get('rein_runs_ended_total{outcome="done",stopped_by=""}')).toBe(1);
  expect(after.get('rein_runs_ended_total{outcome="failed",stopped_by=""}')).toBe(1);
  expect(after.get("rein_stop_duration_seconds_count")).toBe(1);
  expect(after.get('rein_stop_duration_seconds_bucket{le="+Inf"}')).toBe(1);
  expect(after.get('rein_stop_duration_seconds_bucket{le="30"}')).toBe(1);
  expect(after.get("rein_stop_duration_seconds_sum")).toBeLessThan(30);
  const used = [stopped, done, failed].map(({ session }) => session.usage.outputTokens);
  expect(used[1]).toBe(3);
  // Each token is in one kind only, and the price of a model named "m" is not known.
  expect(after.get('rein_tokens_total{kind="cache_read",provider="anthropic"}')).toBe(4);
  expect(after.get('rein_tokens_total{kind="cache_write",provider="anthropic"}')).toBe(2);
  const all = [stopped, done, failed].map(
    ({ session: { usage: one } }) => one.inputTokens + one.outputTokens,
  );
  expect(after.get('rein_unpriced_tokens_total{provider="anthropic"}')).toBe(
    all.reduce((sum, tokens) => sum + tokens),
  );
  expect(after.get('rein_tokens_total{kind="output",provider="anthropic"}')).toBe(
    used.reduce((sum, tokens) => sum + tokens),
  );
  expect(after.get('rein_provider_errors_total{provider="anthropic",code="invalid-request"}')).toBe(
    1,
  );
  expect(after.get('rein_http_requests_failed_total{status="401"}')).toBe(1);
  expect(after.get("rein_active_runs")).toBe(0);
  // The server notices last that a reader has disconnected, and git may still be comparing what the runs changed.
  await within("no viewer and no job", untilIdle());
  expect(after.get("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(after.get("process_uptime_seconds")).toBeGreaterThan(0);
  for (const sample of after.keys()) expect(sample).not.toContain("secret");
});

test("a limit that pauses a run is counted once, though its pause is sent twice", async () => {
  upstream.route(() => [text("Some words, and more of them."), hang]);
  const chat = rein.chat({ message: "Go", limits: { tokens: 1 }, ...model });
  await chat.until((event) => event.type === "run-pause" && event.pause?.state === "paused");
  expect((await read()).get('rein_limits_reached_total{action="ask",cause="budget"}')).toBe(1);
  await rein.stop(chat.sessionId);
  await chat.ended;
});

async function untilIdle(): Promise<void> {
  for (;;) {
    const samples = await read();
    if (samples.get("rein_viewers") === 0 && samples.get("rein_jobs") === 0) return;
  }
}

/** The samples by name and labels; throws on a line that the format does not allow. */
async function read(): Promise<Map<string, number>> {
  const response = await rein.fetch("/metrics");
  expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const type = line.match(/^# TYPE ([a-z_]+) (counter|gauge|histogram)$/);
    if (type) {
      expect(types.has(type[1]!)).toBe(false);
      types.set(type[1]!, type[2]!);
      continue;
    }
    if (/^# HELP [a-z_]+ [^\n]+$/.test(line)) continue;
    const sample = line.match(
      /^(([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/,
    );
    if (sample === null) throw new Error(`not a line of the format: ${line}`);
    const [, name = "", family = "", value] = sample;
    expect([name, types.has(family)]).toEqual([name, true]);
    expect([name, samples.has(name)]).toEqual([name, false]);
    samples.set(name, Number(value));
  }
  return samples;
}
