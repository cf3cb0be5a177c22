/** fetch through the proxy of the environment: it gets the names, and what is private by its address is refused before. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { createFetch } from "../server/tools/web/fetch";
import { ToolError } from "../server/tools/tool";
import { proxyFor } from "../server/tools/web/web-proxy";
import { Caller, ToolBench } from "./tools-bench";
import { until } from "./within";

const asked: string[] = [];
const open = new Set<Socket>();
let proxy: Server;
let address: string;
let bench: ToolBench;

/** It answers for every name itself, and tunnels nowhere. */
beforeAll(async () => {
  proxy = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined).on("close", () => open.delete(socket));
    socket.once("data", (data) => {
      const [line = ""] = data.toString("latin1").split("\r\n");
      asked.push(line);
      if (line.includes("/silent")) return;
      const answer = line.startsWith("CONNECT")
        ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
        : line.includes("/leave")
          ? "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
          : "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\npage";
      socket.end(answer);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => proxy.once("listening", listening));
  address = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
  bench = new ToolBench();
});

beforeEach(() => void asked.splice(0));

afterAll(() => {
  for (const socket of open) socket.destroy();
  proxy.close();
  bench[Symbol.dispose]();
});

function caller(more: Record<string, string> = {}, lookedUp: string[] = []): Caller {
  const lookup = async (host: string) => {
    lookedUp.push(host);
    return ["127.0.0.1"];
  };
  const environment = { HTTP_PROXY: address, HTTPS_PROXY: address, ...more };
  const web = () => ({ allowedPrivate: [] });
  return new Caller([createFetch({ web, lookup, proxies: () => environment })], bench.context);
}

async function refusal(url: string, more?: Record<string, string>): Promise<string> {
  const error = await caller(more).failure("fetch", { url });
  expect(error).toBeInstanceOf(ToolError);
  return (error as Error).message;
}

test("the proxy gets the name, which is not looked up here", async () => {
  const lookedUp: string[] = [];
  const { text } = await caller({}, lookedUp).call("fetch", { url: "http://page.test/a" });
  expect(text).toContain("page\nEND ");
  expect(asked).toEqual(["GET http://page.test/a HTTP/1.1"]);
  expect(await refusal("https://page.test/a")).toContain("The request failed");
  expect(asked.at(-1)).toBe("CONNECT page.test:443 HTTP/1.1");
  expect(lookedUp).toEqual([]);
});

test("addresses that are private as they stand, and this machine, are refused without asking the proxy", async () => {
  for (const host of ["10.0.0.1", "[::1]", "127.1", "0x7f000001", "169.254.169.254", "localhost."])
    expect(await refusal(`http://${host}/`)).toContain("nothing was requested");
  expect(asked).toEqual([]);
  const { text } = await caller().call("fetch", { url: "http://page.test/leave" });
  expect(text).toContain("was not followed");
  expect(asked).toEqual(["GET http://page.test/leave HTTP/1.1"]);
});

test("what NO_PROXY names is looked up and checked here, as without a proxy", async () => {
  expect(await refusal("http://a.page.test/", { NO_PROXY: "x, .page.test:80" })).toContain(
    "leads to 127.0.0.1",
  );
  expect(asked).toEqual([]);
});

test("whatever Bun asks directly because of NO_PROXY counts as exempt here, so that it was checked", async () => {
  const names = [
    "a.page.test",
    "page.test",
    ".page.test",
    "*.page.test",
    "*",
    "PAGE.test",
    "b.test",
  ];
  const lists = names.flatMap((one) => [one, `x,${one}`, ` ${one} `, `${one}:80`, `${one}:81`]);
  const url = "http://a.page.test/";
  // All at once: each look-up of a name that there is not takes long. Bun reads the variable as a request begins.
  const program = `const { env } = process;
  const ways = ${JSON.stringify(lists)}.map((one) => {
    env.NO_PROXY = one;
    return fetch("${url}", { proxy: "${address}", keepalive: false }).then(() => "proxy", () => "direct");
  });
  console.log((await Promise.all(ways)).join("\\n"));`;
  const { NO_PROXY: _, no_proxy: _lower, ...env } = process.env;
  await using bun = Bun.spawn([process.execPath, "-e", program], { env, stdout: "pipe" });
  const ways = (await new Response(bun.stdout).text()).trim().split("\n");
  expect(new Set(ways)).toEqual(new Set(["direct", "proxy"]));
  expect(ways.length).toBe(lists.length);
  for (const [index, NO_PROXY] of lists.entries())
    if (ways[index] === "direct")
      expect([NO_PROXY, proxyFor(new URL(url), { HTTP_PROXY: address, NO_PROXY })]).toEqual([
        NO_PROXY,
        undefined,
      ]);
});

test("a proxy that is no web address is said, and a stop closes the connection to it", async () => {
  expect(await refusal("http://page.test/", { HTTP_PROXY: "socks5://a:1" })).toContain(
    "HTTP_PROXY names no proxy",
  );
  const one = caller();
  const failed = one.failure("fetch", { url: "http://page.test/silent" });
  await until(() => asked.length > 0, "the proxy is asked");
  one.controller.abort("stop");
  expect(await failed).toBe("stop");
  await until(() => open.size === 0, "the connection is closed");
});
