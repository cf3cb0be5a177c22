/** Guards of who may speak to the server, and of the streams it sends. */
import type { Guard } from "./guard";

export const httpGuards: Guard[] = [
  {
    promise: "the token is compared whole",
    file: "server/http/auth.ts",
    find: "return left.length === right.length && timingSafeEqual(left, right);",
    replace:
      "const n = Math.min(left.length, right.length); return timingSafeEqual(left.subarray(0, n), right.subarray(0, n));",
    tests: ["auth.test.ts"],
  },
  {
    promise: "a foreign host name is refused",
    file: "server/http/auth.ts",
    find: "if (!isAllowedHost(host, options.hosts))",
    replace: "if (false)",
    tests: ["auth.test.ts"],
  },
  {
    promise: "a page of another origin is refused",
    file: "server/http/auth.ts",
    find: "if (origin !== undefined && !isSameOrigin(origin, host))",
    replace: "if (false)",
    tests: ["auth.test.ts"],
  },
  {
    promise: "scripts cannot read the token's cookie",
    file: "server/http/auth.ts",
    find: "httpOnly: true",
    replace: "httpOnly: false",
    tests: ["auth.test.ts"],
  },
  {
    promise: "a quiet stream is not ended by an idle time-out",
    file: "server/http/listen.ts",
    find: "idleTimeout: 0, ",
    replace: "",
    tests: ["follow.test.ts"],
    title: "quiet",
  },
  {
    promise: "a viewer that is too slow is dropped",
    file: "server/stream/viewer.ts",
    find: "if (this.#waitingBytes > this.#allowed)",
    replace: "if (false)",
    tests: ["viewers.test.ts"],
  },
  {
    promise: "a viewer that reads nothing is dropped after three heartbeats",
    file: "server/stream/viewer.ts",
    find: "if (this.#stalled.beats >= maxStalledBeats)",
    replace: "if (false)",
    tests: ["viewers.test.ts"],
  },
  {
    promise: "a viewer gets a snapshot when its events are no longer held",
    file: "server/session/live-session.ts",
    find: "after >= first.seq - 1 && ",
    replace: "",
    tests: ["follow.test.ts", "viewers.test.ts"],
  },
  {
    promise: "a viewer that reconnects gets only what it missed",
    file: "server/session/live-session.ts",
    find: "this.#recent.slice(after - first.seq + 1)",
    replace: "this.#recent.slice(after - first.seq)",
    tests: ["follow.test.ts"],
  },
  {
    promise: "a client that is gone before its message was read stops the run",
    file: "server/http/routes/chat-routes.ts",
    find: "if (signal.aborted) act();\n  else signal",
    replace: "signal",
    tests: ["run-moments.test.ts"],
  },
];
