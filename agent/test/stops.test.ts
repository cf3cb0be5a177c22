/** The history of stops has every stop once, can be filtered, and can be exported as JSON and CSV. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { StopRecord } from "../shared/protocol";
import { untilFile } from "./machine-facts";
import { startRein } from "./rein";
import { sharedUndoScene } from "./undo-scene";
import { makeGate, text, toolCall } from "./upstream/upstream";

const scene = sharedUndoScene();

const stops = async (query = "") =>
  (await scene.rein.json<{ stops: StopRecord[] }>(`/api/stops${query}`)).stops;

test("each stop is one row with who, where, how long, which message and what it ended", async () => {
  expect(await stops()).toEqual([]);
  await scene.run("echo not stopped");
  await stopInTool("Tidy up");
  await stopInText();
  const [second, first, ...others] = await stops();
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    title: "Tidy up",
    stop: { by: "user", from: "api", point: "tool" },
    settledMs: expect.any(Number),
    during: "echo x > file; touch begun; sleep 1000",
    filesChanged: 2,
    modelCallsClosed: 0,
    survivors: [],
  });
  expect(first!.processesEnded).toBeGreaterThanOrEqual(1);
  expect(second).toMatchObject({
    stop: { by: "disconnect", point: "text" },
    modelCallsClosed: 1,
    processesEnded: 0,
  });
});

test("stops can be filtered by who, by point and by time", async () => {
  await stopInTool("Tidy up");
  await stopInText();
  const [late] = await stops();
  expect((await stops("?by=user")).map((one) => one.stop.point)).toEqual(["tool"]);
  expect((await stops("?point=text")).map((one) => one.stop.by)).toEqual(["disconnect"]);
  expect((await stops(`?since=${late!.stop.askedAt}`)).length).toBe(1);
  expect(await stops("?survivors=only")).toEqual([]);
  expect((await scene.rein.fetch("/api/stops?point=nowhere")).status).toBe(400);
});

test("the CSV has one row for each stop, quoted where necessary, and no formulas", async () => {
  await stopInTool('=HYPERLINK("x"), "quoted"');
  const response = await scene.rein.fetch("/api/stops?format=csv");
  expect(response.headers.get("content-type")).toContain("text/csv");
  const [head, row, end] = (await response.text()).split("\r\n");
  expect(head).toStartWith("asked_at,by,from,point,during,settled_ms,");
  expect(row).toContain(",user,api,tool,");
  expect(row).toContain(`"'=HYPERLINK(""x""), ""quoted"""`);
  expect(end).toBe("");
});

test("stops outlive the server, and are deleted with their session", async () => {
  const sessionId = await stopInTool("Tidy up");
  scene.rein.signal("SIGTERM");
  await scene.rein.exited;
  await using later = await startRein({ dataDir: scene.rein.dataDir });
  const list = () => later.json<{ stops: StopRecord[] }>("/api/stops");
  expect((await list()).stops.map((one) => one.sessionId)).toEqual([sessionId]);
  await later.json(`/api/sessions/${sessionId}`, { method: "DELETE" });
  expect((await list()).stops).toEqual([]);
});

async function stopInTool(message: string): Promise<string> {
  scene.upstream.script([toolCall("bash", { command: "echo x > file; touch begun; sleep 1000" })]);
  const chat = scene.send({ message });
  await untilFile(join(scene.rein.cwd, "begun"));
  await scene.rein.stop(chat.sessionId);
  await scene.settled(chat);
  return chat.sessionId;
}

async function stopInText(): Promise<void> {
  scene.upstream.script([text("Part of ", makeGate(), "it.")]);
  const chat = scene.send({ onDisconnect: "stop" });
  await chat.until((event) => event.type === "part-delta");
  const viewer = scene.rein.follow(chat.sessionId);
  await viewer.until((event) => event.type === "snapshot");
  chat.hangUp();
  await viewer.until((event) => event.type === "run-end");
  viewer.hangUp();
}
