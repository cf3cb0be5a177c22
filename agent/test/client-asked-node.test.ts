/** A window keeps asking the machine that answered it first, whichever a balancer would choose, until a person chooses another. */
import { expect, test } from "bun:test";
import {
  askedNode,
  chooseNode,
  followNode,
  noteAnswer,
  windowNode,
} from "../client/state/asked-node";
import { type Host, host, provideHost } from "../client/state/host";
import { nodeHeader } from "../shared/protocol";

const answer = (node: string, status = 200) =>
  new Response(null, { status, headers: { [nodeHeader]: node } });

test("the first answer that names no session decides, and it stays after a reload", () => {
  using page = open();
  expect(askedNode()).toBe(undefined);
  noteAnswer("/api/models", new Response());
  noteAnswer("/api/sessions/s1/events", answer("b"));
  noteAnswer("/api/chat?list=1", answer("b"));
  noteAnswer("/api/stop", answer("b"));
  expect(askedNode()).toBe(undefined);
  noteAnswer("/api/sessions?limit=100", answer("a"));
  noteAnswer("/api/models", answer("c"));
  expect(askedNode()).toBe("a");
  page.reload();
  noteAnswer("/api/models", answer("c"));
  expect(askedNode()).toBe("a");
});

test("a session on screen has a machine of its own, and a new one is on that of the window", () => {
  let shown: string | undefined = "b";
  using _page = open(() => shown);
  noteAnswer("/api/models", answer("a"));
  expect([askedNode(), windowNode()]).toEqual(["b", "a"]);
  shown = undefined;
  expect(askedNode()).toBe("a");
  chooseNode("c");
  expect(askedNode()).toBe("c");
});

test("a terminal begins with the machine that was named", () => {
  using _page = open(undefined, "b");
  noteAnswer("/api/models", answer("a"));
  expect(askedNode()).toBe("b");
});

/** A window with a storage of its own. */
function open(shown: () => string | undefined = () => undefined, node?: string) {
  const before = host();
  const items = new Map<string, string>();
  const windowStorage: Host["windowStorage"] = () => ({
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
    names: () => [...items.keys()],
  });
  provideHost({ ...before, windowStorage, node });
  followNode(shown);
  return {
    reload: () => followNode(shown),
    [Symbol.dispose]: () => {
      provideHost(before);
      followNode(() => undefined);
    },
  };
}
