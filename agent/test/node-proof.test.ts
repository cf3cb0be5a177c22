/** A proof of the cluster's key is good for one request, at one node, for a while, and once; the answer is proven for that request alone. */
import { describe, expect, test } from "bun:test";
import { digestOf, NodeProof } from "../server/cluster/node-proof";
import { freshMs, ReceivedProofs } from "../server/cluster/received-proofs";
import { proofHeader } from "../shared/protocol";

const key = "key-of-the-cluster-in-tests";
const proof = new NodeProof(key);

const url = "http://10.0.0.2:3000/api/sessions/one/stop?hard=1";
const said = {
  "X-Rein-Hop": "a",
  "X-Rein-Node": "b",
  "X-Rein-User": "anna",
  "X-Rein-Client": "web",
};
const sent = { method: "POST", url, headers: said as Record<string, string> };

function read(altered: Partial<typeof sent>, by = proof) {
  const headers = new Headers(said);
  const text = proof.ofRequest({ ...sent, headers }, "{}", 1000);
  const one = { ...sent, ...altered };
  const received = new Headers({ ...one.headers, [proofHeader]: text });
  return by.read({ ...one, headers: received });
}

describe("a request", () => {
  test("is read as it was sent, at whatever address the node is reached", () => {
    const digest = digestOf("{}");
    expect(read({})).toMatchObject({ time: 1000, digest });
    expect(read({ url: url.replace("10.0.0.2:3000", "b.example") })).toMatchObject({ digest });
  });

  test.each([
    ["another method", { method: "DELETE" }],
    ["another path", { url: url.replace("one", "two") }],
    ["another query", { url: url.replace("hard=1", "hard=0") }],
    ["another node that it is for", { headers: { ...said, "X-Rein-Node": "c" } }],
    ["another node that it comes from", { headers: { ...said, "X-Rein-Hop": "c" } }],
    ["another person", { headers: { ...said, "X-Rein-User": "olga" } }],
    ["nobody in the place of a person", { headers: { ...said, "X-Rein-User": "" } }],
    ["another client", { headers: { ...said, "X-Rein-Client": "api" } }],
    ["an origin that was not sent", { headers: { ...said, "X-Rein-Origin": "http://x" } }],
  ])("is not, with %s", (_what, altered) => {
    expect(read(altered)).toBeUndefined();
  });

  test("is not with another key, without a proof, or with another time, number or body in it", () => {
    expect(read({}, new NodeProof(`${key}x`))).toBeUndefined();
    const headers = new Headers(said);
    const text = proof.ofRequest({ ...sent, headers }, "{}", 1000);
    const parts = text.split(".");
    const readAs = (value: string) =>
      proof.read({ ...sent, headers: new Headers({ ...said, [proofHeader]: value }) });
    expect(readAs(text)).toBeDefined();
    for (const [at, value] of [
      [0, "2000"],
      [1, "once"],
      [2, "-"],
      [3, ""],
      [3, "é"],
    ] as const)
      expect(readAs(parts.with(at, value).join("."))).toBeUndefined();
    for (const value of ["", "x", "....", parts[3]!]) expect(readAs(value)).toBeUndefined();
    expect(proof.read({ ...sent, headers })).toBeUndefined();
  });

  test("does not hold the key", () => {
    expect(proof.ofRequest({ ...sent, headers: new Headers(said) }, "{}", 1)).not.toContain(key);
  });
});

describe("an answer", () => {
  const answered = { node: "b", status: 200, body: '{"stopped":true}' };
  const timeOf = (asked: string, altered: object, by = proof) =>
    by.timeOf(
      "asked",
      { ...answered, ...altered },
      new Headers({ [proofHeader]: proof.ofAnswer(asked, answered, 5) }),
    );

  test("is proven for its request, with its status, node and body, and says the time there", () => {
    expect(timeOf("asked", {})).toBe(5);
    expect(timeOf("another", {})).toBeUndefined();
    expect(timeOf("asked", { status: 404 })).toBeUndefined();
    expect(timeOf("asked", { node: "c" })).toBeUndefined();
    expect(timeOf("asked", { body: '{"stopped":false}' })).toBeUndefined();
    expect(timeOf("asked", { body: null })).toBeUndefined();
    expect(timeOf("asked", {}, new NodeProof("another-key-of-a-cluster"))).toBeUndefined();
    expect(proof.timeOf("asked", answered, new Headers())).toBeUndefined();
  });
});

describe("a node", () => {
  test("takes a proof once, and none of another time or of before it started", () => {
    let now = 1_000_000.5;
    const received = new ReceivedProofs(() => now);
    const take = (nonce: string, time = now) => received.take({ nonce, time });
    expect(take("one", 1_000_000)).toBe("fresh");
    expect(take("one")).toBe("seen");
    expect(take("two", 999_999)).toBe("stale");
    now += 3_600_000;
    expect(take("two", now - freshMs - 1)).toBe("stale");
    expect(take("two", now + freshMs + 1)).toBe("stale");
    expect(take("two", Number.NaN)).toBe("stale");
    expect(take("two", now - freshMs)).toBe("fresh");
    expect(take("three", now + freshMs)).toBe("fresh");
  });

  test("remembers each for as long as it would be fresh, and not for ever", () => {
    let now = 1_000_000;
    const received = new ReceivedProofs(() => now);
    for (let each = 0; each < 400; each++) {
      const time = now + freshMs;
      expect(received.take({ nonce: `${each}`, time })).toBe("fresh");
      const at = now;
      for (const later of [1, freshMs, 2 * freshMs]) {
        now = at + later;
        expect(received.take({ nonce: `${each}`, time })).toBe("seen");
      }
      now = at + 977;
    }
    now += 5 * freshMs;
    received.take({ nonce: "a", time: now });
    now += 3 * freshMs;
    received.take({ nonce: "b", time: now });
    expect(received.take({ nonce: "7", time: now })).toBe("fresh");
  });
});
