/** What a server advises where its people share a Unix user can be done there. */
import { expect, test } from "bun:test";
import { peopleFindings } from "../server/http/machine/people-finding";
import type { Services } from "../server/http/services";

function adviceOf(cluster: object | undefined): string {
  const services = { access: { people: {} }, cluster } as unknown as Services;
  return peopleFindings(services)
    .map(({ advice }) => advice ?? "")
    .join();
}

test("accounts are advised where they can be had, and not to a node of a cluster", () => {
  expect(adviceOf(undefined)).toContain("Start Rein as root with REIN_UNIX_USERS");
  expect(adviceOf({})).not.toContain("Start Rein as root");
  expect(adviceOf({})).toContain("a Rein of their own");
});
