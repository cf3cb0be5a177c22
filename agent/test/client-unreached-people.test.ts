/** An admin's list says whose sessions are not in it, as long as their servers do not answer. */
import { expect, spyOn, test } from "bun:test";
import { createRoot } from "solid-js";
import { api } from "../client/state/api-client";
import { createSessionList } from "../client/state/session-list";

test("people whose servers were silent are named, until a list comes in which all have answered", async () => {
  using answers = spyOn(api, "sessions");
  const { list, dispose } = createRoot((dispose) => ({ list: createSessionList(), dispose }));
  const unreached = [{ node: "anna", reason: "It has not answered in time." }];
  answers.mockResolvedValue({ sessions: [], unreached });
  await list.refresh();
  expect(list.unreached()).toEqual(["anna"]);
  answers.mockResolvedValue({ sessions: [] });
  await list.refresh();
  expect(list.unreached()).toEqual([]);
  dispose();
});
