/**
 * The fixture of the tests that need no server: a scripted upstream of its own for each test.
 *
 *     const upstream = upstreamScene();
 *     test("…", async () => {
 *       upstream.script([text("Hello.")]);
 */
import { afterEach, beforeEach } from "bun:test";
import { newest } from "./newest";
import { startUpstream, type Upstream } from "./upstream/upstream";

/** Call it at the top of a test file or of a `describe`. */
export function upstreamScene(): Upstream {
  let upstream: Upstream;
  beforeEach(() => void (upstream = startUpstream()));
  afterEach(() => upstream.close());
  return newest(() => upstream);
}
