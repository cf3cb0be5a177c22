/** The screens on which Rein asks or tells a person: a limit, a silent model, a stop to be confirmed, one that was not delivered. */
import { hang, makeGate, text, toolCall } from "../upstream/upstream";
import {
  close,
  newSession,
  openSettings,
  say,
  screen,
  type Screen,
  send,
  type Stage,
  stopRun,
  variant,
} from "./stage";

export async function* questions(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  await newSession(stage);
  await send(stage, "PUT", "/api/limits", { run: { turns: 1 } });
  upstream.script([toolCall("read", { path: "none" })]);
  await say(stage, "Read it");
  await page.getByTestId("limit-question").waitFor();
  yield screen("limit-question");
  await stopRun(stage);
  await send(stage, "PUT", "/api/limits", { stallMinutes: 0.01 });
  upstream.script([text("Half "), hang]);
  await say(stage, "Say it");
  await page.getByTestId("stall-question").waitFor();
  yield variant("stall-question");
  await stopRun(stage);
  await send(stage, "PUT", "/api/limits", {});
  yield* stops(stage);
}

async function* stops(stage: Stage): AsyncGenerator<Screen> {
  const { page, upstream } = stage;
  upstream.script([text("At work ", makeGate())]);
  await say(stage, "Go on");
  await page.getByText("At work").waitFor();
  const askFirst = async (choice: string) => {
    const group = page.getByRole("radiogroup", { name: "Ask before a stop" });
    await group.getByRole("radio", { name: choice }).click();
  };
  await openSettings(stage);
  await askFirst("Always");
  yield variant("settings-over-run");
  await close(stage);
  await page.getByTestId("stop").click();
  await page.getByText(/Stop again stops it|Escape again/).waitFor();
  yield screen("stop-asked");
  await openSettings(stage);
  await askFirst("Never");
  await close(stage);
  await page.route("**/stop", (route) => route.abort());
  await page.getByTestId("stop").click();
  const notice = page.getByTestId("notice").filter({ hasText: "delivered yet" });
  await notice.waitFor();
  yield screen("stop-undelivered");
  await page.unroute("**/stop");
  // It is sent by itself.
  await notice.waitFor({ state: "detached" });
  await page.getByTestId("send").waitFor();
}
