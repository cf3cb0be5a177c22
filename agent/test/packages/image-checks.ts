/** The image's root under runc, as compose.yaml runs it. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pidsWith } from "../machine-facts";
import { until } from "../within";
import { toolCall, type Upstream } from "../upstream/upstream";
import { type Container, RuncContainer, userId } from "./contained";
import { buildImage, composed, type Image } from "./image";
import { adversaryStops, demoStops, page, same } from "./packaged-checks";
import { type PackagedServer, startPackaged } from "./packaged-server";

interface Given {
  /** Is made and removed. */
  folder: string;
  upstream: Upstream;
  check: (name: string, act: () => Promise<unknown>) => Promise<void>;
}

export async function checkImage({ folder, upstream, check }: Given): Promise<void> {
  mkdirSync(folder);
  let image: Image | undefined;
  await check("The image is built from its Dockerfile", async () => {
    image = buildImage(folder);
    console.log(`The image’s root has ${Math.round(image.bytes / 1e6)} MB`);
    same([image.user, image.cwd], [`${userId}:${userId}`, "/work"]);
  });
  if (image === undefined) return;
  using built = image;
  const volumes = { "/data": join(folder, "data"), "/work": join(folder, "work") };
  for (const path of Object.values(volumes)) {
    mkdirSync(path);
    chownSync(path, userId, userId);
  }
  const container = composed(built, volumes);
  Object.assign(container.environment, {
    PORT: "0",
    REIN_TITLES: "off",
    OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"],
  });
  await checkFirst({ folder, container, upstream, check });
  await checkSecond({ folder, container, check, health: built.health });
  await checkKilled({ folder, container, upstream, check });
  await checkSandbox({ folder, container, check });
  rmSync(join(folder, "data"), { recursive: true, force: true });
}

type Part = Omit<Given, "upstream"> & { container: Container };

async function checkFirst({ folder, container, upstream, check }: Part & Given): Promise<void> {
  const { runc, server } = await start(folder, container);
  await using serving = server;
  await check("The container serves its page", () => page(serving));
  await check(
    "The container says what proves a stop there, and that it is no sandbox",
    async () => {
      const level = await serving.level();
      console.log(level);
      same(level.includes("a supervisor per job proves"), true);
      same(level.includes("Commands run WITHOUT a sandbox"), true);
    },
  );
  await check("The container stops the demo four times", () => demoStops(serving, "/work"));
  await check("The container ends the 21 adversaries", async () => {
    same(await adversaryStops(serving, upstream, "/work", () => true), []);
  });
  await check("The container signs the first browser in by `rein web`", async () => {
    const printed = runc.exec("rein", "web");
    const address = /http:\S+#token=(\S+)/.exec(printed);
    const body = JSON.stringify({ token: address?.[1] });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${serving.url}/api/sign-in`, { method: "POST", body, headers });
    same(answer.status, 200);
  });
  await check("The container’s process 1 reaps what a `docker exec` leaves", async () => {
    runc.exec("sh", "-c", "(setsid sh -c 'kill -9 $$' &)");
    await until(() => !/^Z/m.test(runc.exec("ps", "-eo", "stat=")), "no zombie");
  });
  await check("`docker stop` ends the container in order, within three seconds", async () => {
    const before = performance.now();
    runc.kill("SIGTERM");
    same(await serving.exited, 0);
    same(performance.now() - before < 3500, true);
  });
}

async function checkSecond({
  folder,
  container,
  check,
  health,
}: Part & { health: string[] }): Promise<void> {
  // The health check asks at the port of the environment.
  const port = String(freePort());
  const named = { ...container, environment: { ...container.environment, PORT: port } };
  const { runc, server } = await start(folder, named);
  await using serving = server;
  await check("A second container on the same volumes has the sessions of the first", async () => {
    const { sessions } = await serving.rein.sessions(new AbortController().signal);
    same(sessions.length > 20, true);
    same(existsSync(join(folder, "data/.rein/rein.db")), true);
  });
  await check("The container is healthy", async () => void runc.exec(...health));
  await check("The container’s health check fails once nothing answers", async () => {
    const printed = runc.exec("sh", "-c", `PORT=1; ${health[2]} 2>/dev/null || echo unhealthy`);
    same(printed.trim(), "unhealthy");
  });
  await check("The container writes nothing but its volumes and /tmp", async () => {
    const tried = runc.exec(
      "sh",
      "-c",
      "for d in / /usr/bin /etc /home /var/tmp; do touch $d/x 2>/dev/null && echo $d; done; true",
    );
    same(tried.trim(), "");
  });
}

/** No supervisor, and no server at its next start, has to end what it left. */
async function checkKilled({ folder, container, upstream, check }: Part & Given): Promise<void> {
  const { runc, server } = await start(folder, container);
  await using serving = server;
  await check("When Rein is killed, the container ends, and nothing of it is left", async () => {
    const cookie = String(Math.trunc(Math.random() * 1e9) + 1e9);
    const command = `setsid sleep 300.${cookie} & echo ready; sleep 300.${cookie}`;
    upstream.reset();
    upstream.script([toolCall("bash", { command })]);
    const request = {
      message: "Do it",
      provider: "openai-chat",
      model: "local-model",
      onDisconnect: "continue",
    } as const;
    const chat = serving.rein.chat(
      { ...request, permissions: "all" },
      new AbortController().signal,
    );
    for await (const event of chat)
      if (event.type === "part-delta" && event.field === "output") break;
    runc.exec("pkill", "-KILL", "-x", "rein");
    same((await serving.exited) === 0, false);
    same(pidsWith(cookie), []);
  });
}

async function checkSandbox({ folder, container, check }: Part): Promise<void> {
  const { server } = await start(folder, { ...container, isUnconfined: true });
  await using serving = server;
  await check(
    "With a /proc of its own and user namespaces, the container has Rein’s sandbox",
    async () => {
      console.log(await serving.level());
      same((await serving.level()).includes("Commands run in a sandbox"), true);
    },
  );
}

async function start(
  folder: string,
  container: Container,
): Promise<{ runc: RuncContainer; server: PackagedServer }> {
  const runc = new RuncContainer(mkdtempSync(join(folder, "bundle-")), container);
  return { runc, server: await startPackaged(runc.command, (name) => runc.kill(name)) };
}

function freePort(): number {
  using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  return server.port;
}
