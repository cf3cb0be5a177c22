/** The health is no claim: it is "ok" only while the database answers, so that who watches a server restarts one that is not. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { createStatusRoutes } from "../server/http/routes/status-routes";
import { answerError } from "../server/http/error-answer";
import type { Jobs } from "../server/processes/jobs";
import { Store } from "../server/store/store";
import { temporaryDirectory } from "./temporary-directory";

test("a server whose database does not answer is not healthy, and says so without a path", async () => {
  using directory = temporaryDirectory();
  const store = new Store(join(directory.path, "rein.db"));
  const jobs = { capabilities: async () => ({}), confinement: async () => undefined };
  const parts = { store, jobs: jobs as unknown as Jobs, version: "1", shutDown() {} };
  const app = createStatusRoutes({
    ...parts,
    shared: undefined,
    metrics: undefined as never,
  }).onError(answerError);
  expect((await app.request("/api/health")).status).toBe(200);
  store.close();
  const answer = await app.request("/api/health");
  const words = await answer.text();
  expect([answer.status, words]).toEqual([503, expect.stringMatching(/database does not answer/)]);
  expect(words).not.toContain(directory.path);
});
