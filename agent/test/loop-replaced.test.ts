/** Others settle the run of a machine that is away, with what they have of it: its own loop ends without what they had not. */
import { expect, test } from "bun:test";
import { loopScene } from "./loop-scene";
import { providerCases } from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { hang, text } from "./upstream/upstream";

const upstream = upstreamScene();

test("a loop ends as stopped when the message that it writes is not there any more", async () => {
  const scene = loopScene(providerCases[0], upstream);
  upstream.script([text("The answer"), hang]);
  const end = await scene.runStoppedAt("Hi", (event) => {
    if (event.type !== "part-delta") return false;
    scene.session.messages = scene.session.messages.filter(({ role }) => role === "user");
    return true;
  });
  expect(end).toEqual({ outcome: "stopped" });
});
