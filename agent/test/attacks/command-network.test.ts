/** A command whose network is a list of domains reaches them through the server's proxy, and nothing else in any way. */
import { dlopen, ptr } from "bun:ffi";
import { afterEach, expect, test } from "bun:test";
import { closeSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOf } from "../../server/processes/network/addresses";
import { addressesFor } from "../../server/processes/network/allowed-domains";
import { DomainProxy } from "../../server/processes/network/domain-proxy";
import { parseRequest } from "../../server/processes/network/proxy-request";
import { listenOnLoopback, receiveDescriptor } from "../../server/processes/linux/libc";
import { openShell, startShell, testJobs } from "../processes-bench";

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;

let cleanUp = new AsyncDisposableStack();
afterEach(async () => {
  await cleanUp.disposeAsync();
  cleanUp = new AsyncDisposableStack();
});

/** A server of this machine that tells what it was asked. */
function webServer(): { port: number; asked: string[] } {
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      asked.push(`${request.method} ${request.url}`);
      if (request.url.endsWith("/away")) return Response.redirect("http://example.com/taken");
      return new Response("reached");
    },
  });
  cleanUp.defer(() => server.stop(true));
  return { port: server.port!, asked };
}

/** The output of a shell command whose network is this list. */
async function run(network: string[] | boolean, script: string): Promise<string> {
  const shell = startShell(script, { sandbox: { network } });
  expect(await shell.end).toMatchObject({ proof: "proven", survivors: [] });
  return shell.text();
}

sandboxed(`a listed domain is reached through the proxy, and only its port${lack}`, async () => {
  const [listed, other] = [webServer(), webServer()];
  const network = [`localhost:${listed.port}`];
  const output = await run(
    network,
    `curl -sS http://localhost:${listed.port}/a; echo; curl -sS http://localhost:${other.port}/b; curl -sS -p -x "$http_proxy" http://localhost:${listed.port}/c`,
  );
  expect(output).toContain("reached");
  expect(listed.asked).toEqual([
    `GET http://localhost:${listed.port}/a`,
    `GET http://localhost:${listed.port}/c`,
  ]);
  expect(other.asked).toEqual([]);
  expect(output).toContain(`localhost:${other.port} is not on the list of domains`);
});

sandboxed(`nothing of the job's directory runs before its command${lack}`, async () => {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-network-")));
  cleanUp.defer(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./first.ts"]\n');
  writeFileSync(join(cwd, "first.ts"), 'await Bun.write("ran", "");');
  const shell = startShell("pwd; ls", { cwd, sandbox: { network: ["example.com"] } });
  await shell.end;
  expect(shell.text()).toBe(`${cwd}\nbunfig.toml\nfirst.ts\n`);
});

sandboxed(
  `past the proxy there is no way out: TCP, UDP, DNS, IPv6, other sockets${lack}`,
  async () => {
    const { port, asked } = webServer();
    const udp = await Bun.udpSocket({ port: 0, hostname: "127.0.0.1" });
    cleanUp.defer(() => udp.close());
    const network = [`localhost:${port}`];
    const output = await run(
      network,
      [
        `for to in 127.0.0.1/${port} ::1/${port} 1.1.1.1/443 169.254.169.254/80; do`,
        `  (exec 3<>/dev/tcp/$to && printf 'GET /direct HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3 && echo "out by $to"); done`,
        `(exec 3<>/dev/udp/1.1.1.1/53 && echo "out by udp")`,
        `getent ahosts example.com && echo "out by dns"`,
        `curl -sS --noproxy '*' -m 2 http://localhost:${port}/direct && echo "out by curl"`,
        `ls /sys/class/net 2>/dev/null; ip route 2>/dev/null`,
        `echo all tried`,
      ].join("\n"),
    );
    expect(output).toContain("all tried");
    expect(output).not.toContain("out by");
    expect(asked).toEqual([]);
  },
);

sandboxed(`a redirect of a listed domain leads to no other${lack}`, async () => {
  const { port, asked } = webServer();
  const output = await run([`localhost:${port}`], `curl -sSL http://localhost:${port}/away`);
  expect(output).toContain("example.com:80 is not on the list of domains");
  expect(asked).toEqual([`GET http://localhost:${port}/away`]);
});

sandboxed(`another job's proxy cannot be reached, nor this one from outside${lack}`, async () => {
  const { port } = webServer();
  const other = await openShell("echo ready; sleep 300", {
    sandbox: { network: [`localhost:${port}`] },
  });
  await other.untilOutput(/ready/);
  const ask = `printf 'GET http://localhost:${port}/ HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3`;
  const script = `exec 3<>/dev/tcp/127.0.0.1/3128 && { ${ask}; }`;
  expect(await run(["example.com"], script)).toContain("not on the list of domains");
  expect(await run(false, script)).toContain("Connection refused");
  expect(await run(true, script)).toContain("Connection refused");
  await other.job.stop("hard");
});

sandboxed(
  `the end of a job closes its connections, and no process of ours is in it${lack}`,
  async () => {
    const open = Promise.withResolvers<Socket>();
    const closed = Promise.withResolvers<string>();
    const server = createServer((socket) => {
      socket.once("close", () => closed.resolve("closed")).on("error", () => {});
      socket.once("data", () => open.resolve(socket));
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    cleanUp.defer(() => void server.close());
    const { port } = server.address() as { port: number };
    const script = `(setsid curl -sS http://localhost:${port}/ &); echo ready; exec sleep 300`;
    const { job } = await openShell(script, { sandbox: { network: [`localhost:${port}`] } });
    await open.promise;
    const programs = job.processes().map(({ command }) => command.split(" ")[0]);
    expect(programs.filter((name) => !/(bwrap|sleep|curl)$/.test(name!))).toEqual([]);
    expect(await job.stop("hard")).toMatchObject({ proof: "proven", survivors: [] });
    expect(await closed.promise).toBe("closed");
  },
);

sandboxed(`every kind of supervisor and a terminal have the same way out${lack}`, async () => {
  const { port } = webServer();
  for (const supervisor of ["compiled", "script", "none"] as const)
    for (const terminal of [undefined, { columns: 80, rows: 24 }]) {
      const request = {
        sandbox: { network: [`localhost:${port}`] },
        ...(terminal && { terminal }),
      };
      const script = `curl -sS http://localhost:${port}/; ls /proc/self/fd | wc -l; trap; exit 3`;
      const shell = startShell(script, request, testJobs({ ceiling: { supervisor } }));
      expect((await shell.end).exitCode).toBe(3);
      expect(shell.text().replaceAll("\r", "")).toBe("reached4\n");
    }
});

// What follows talks to a proxy directly.

interface ProxyBench {
  /** Sends these bytes and resolves with the whole answer. */
  ask: (bytes: string) => Promise<string>;
  connect: () => Promise<Socket>;
  proxy: DomainProxy;
  refused: string[];
}

async function startBench(
  domains: string[],
  answers: Record<string, string[]>,
): Promise<ProxyBench> {
  const refused: string[] = [];
  const proxy = new DomainProxy({
    domains,
    onRefused: (sentence) => refused.push(sentence),
    lookup: async (host) => answers[host] ?? [],
  });
  const port = await freePort();
  proxy.serve(listenOnLoopback(port));
  cleanUp.defer(() => proxy.close());
  const open = async (): Promise<Socket> => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    cleanUp.defer(() => void socket.destroy());
    await new Promise<void>((resolve) => void socket.once("connect", resolve));
    return socket;
  };
  return {
    proxy,
    refused,
    connect: open,
    async ask(bytes) {
      const socket = await open();
      let answer = "";
      socket.on("data", (piece) => (answer += piece.toString("latin1")));
      socket.write(Buffer.from(bytes, "latin1"));
      await new Promise<void>((resolve) => void socket.once("close", resolve));
      return answer;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test("a listed name that leads to this machine, a private or a reserved address is refused", async () => {
  const { port } = webServer();
  const addresses =
    "127.0.0.1 127.9.9.9 ::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 169.254.169.254 10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 0.0.0.0 :: fd00::1 fe80::1 fec0::1 ff02::1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: 2001:0:1::1 224.0.0.1 255.255.255.255 ::7f00:1".split(
      " ",
    );
  const names = addresses.map((_, index) => `n${index}.example.com`);
  const answers = Object.fromEntries(names.map((name, index) => [name, [addresses[index]!]]));
  const { ask } = await startBench(["*.example.com", `*.example.com:${port}`], answers);
  for (const name of names)
    for (const to of [80, 443, port])
      expect(await ask(`CONNECT ${name}:${to} HTTP/1.1\r\n\r\n`)).toStartWith("HTTP/1.1 403");
});

test("only an exact name with its port leads to private addresses, and only localhost to loopback", async () => {
  const allowed = (list: string[], host: string, port: number, address: string) =>
    addressesFor({ host, port }, list, async () => [address]).then(
      () => true,
      () => false,
    );
  expect(await allowed(["git.corp.lan:8443"], "git.corp.lan", 8443, "10.1.2.3")).toBe(true);
  expect(await allowed(["git.corp.lan"], "git.corp.lan", 443, "10.1.2.3")).toBe(false);
  expect(await allowed(["*.corp.lan:443"], "git.corp.lan", 443, "10.1.2.3")).toBe(false);
  expect(await allowed(["git.corp.lan:443"], "git.corp.lan", 443, "127.0.0.1")).toBe(false);
  expect(await allowed(["git.corp.lan:80"], "git.corp.lan", 80, "169.254.169.254")).toBe(false);
  expect(await allowed(["localhost:8080"], "localhost", 8080, "127.0.0.1")).toBe(true);
  expect(await allowed(["localhost:8080"], "localhost", 8080, "10.0.0.1")).toBe(false);
  expect(await allowed(["localhost:8080"], "localhost", 8081, "127.0.0.1")).toBe(false);
  expect(await allowed(["example.com"], "example.com", 443, "93.184.216.34")).toBe(true);
  expect(await allowed(["example.com"], "example.com", 22, "93.184.216.34")).toBe(false);
  expect(await allowed(["*.example.com"], "a.b.example.com", 443, "2606:2800::1")).toBe(true);
  for (const host of ["example.com", "badexample.com", "example.com.evil.net", "93.184.216.34"])
    expect(await allowed(["*.example.com"], host, 443, "93.184.216.34")).toBe(false);
});

/** One of each block of IANA's special-purpose registries that is neither private nor loopback; multicast; IPv4 in IPv6. */
const reserved = [
  ..."0.0.0.0 0.1.2.3 169.254.1.1 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1 192.31.196.1".split(
    " ",
  ),
  ..."192.52.193.1 192.88.99.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1".split(" "),
  ..."203.0.113.1 224.0.0.1 239.1.2.3 240.0.0.1 255.255.255.255".split(" "),
  ...":: ::8.8.8.8 ::7f00:1 ::ffff:0:7f00:1 ::ffff:a9fe:a9fe 64:ff9b::7f00:1 64:ff9b:1::1".split(
    " ",
  ),
  ..."100::1 100:0:0:1::1 2001::1 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1".split(" "),
  ..."2001:10::1 2001:20::1 2001:30::1 2001:db8::1 2002:7f00:1:: 2620:4f:8000::1".split(" "),
  ..."3fff::1 3fff:fff::1 5f00::1 fe80::1 fec0::1 ff02::1 4000::1".split(" "),
];

test("addresses of every kind are told apart", () => {
  const kinds: Record<string, string[]> = {
    public: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"],
    private: ["10.255.255.255", "172.31.0.1", "fdff::1"],
    loopback: ["127.0.0.1", "::1", "::ffff:127.1.2.3"],
    never: ["not an address", "", "127.1", "0177.0.0.1", "8.8.8.8.", "fe80::1%eth0", ...reserved],
  };
  for (const [kind, addresses] of Object.entries(kinds))
    for (const address of addresses)
      expect([address, kindOf(address)]).toEqual([address, kind as never]);
});

/** Each is refused before any name is looked up, or named as the host that it really asks for. */
const tricks = [
  "CONNECT 127.0.0.1:443 HTTP/1.1",
  "CONNECT [::1]:443 HTTP/1.1",
  "CONNECT 2130706433:443 HTTP/1.1",
  "CONNECT 0x7f.1:443 HTTP/1.1",
  "CONNECT 0177.0.0.1:443 HTTP/1.1",
  "CONNECT evil.net:443 HTTP/1.1\r\nHost: listed.com:443",
  "CONNECT listed.com:443@evil.net:443 HTTP/1.1",
  "CONNECT listed.com:22 HTTP/1.1",
  "CONNECT listed.com HTTP/1.1",
  "CONNECT listed.com:443:80 HTTP/1.1",
  "CONNECT listed.com:99999 HTTP/1.1",
  "CONNECT  listed.com:443 HTTP/1.1",
  "CONNECT listed.com:443 HTTP/1.1 ",
  "CONNECT listed.com:443 HTTP/2.0",
  "CONNECT listed.com\u0000.evil.net:443 HTTP/1.1",
  "connect listed.com:443 HTTP/1.1",
  "GET / HTTP/1.1\r\nHost: listed.com",
  "GET //evil.net/ HTTP/1.1\r\nHost: listed.com",
  "GET https://listed.com/ HTTP/1.1",
  "GET file:///etc/passwd HTTP/1.1",
  "GET http://listed.com@evil.net/ HTTP/1.1",
  "GET http://evil.net\\@listed.com/ HTTP/1.1",
  "GET http://evil.net#@listed.com/ HTTP/1.1",
  "GET http://evil.net?listed.com/ HTTP/1.1",
  "GET http://listed.com%2eevil.net/ HTTP/1.1",
  "GET http://l\u00eested.com/ HTTP/1.1",
  "GET http://127.0.0.1/ HTTP/1.1",
  "GET http:///listed.com/ HTTP/1.1",
  "GET http://listed.com/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4",
  "GET http://listed.com/ HTTP/1.1\r\nContent-Length: 3, 3",
  "GET http://listed.com/ HTTP/1.1\r\nContent-Length: +3",
  "GET http://listed.com/ HTTP/1.1\r\nContent-Length: -1",
  "POST http://listed.com/ HTTP/1.1\r\nTransfer-Encoding: chunked",
  "POST http://listed.com/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3",
  "GET http://listed.com/ HTTP/1.1\r\nX: a\nHost: evil.net",
  "GET http://listed.com/ HTTP/1.1\r\nX: a\rHost: evil.net",
  "GET http://listed.com/ HTTP/1.1\r\nX : a",
  "GET http://listed.com/ HTTP/1.1\r\n folded: a",
  "GET http://listed.com/\rHost: HTTP/1.1",
  "\u0005\u0001\u0000",
];

test.each(tricks)("%j is refused", async (head) => {
  const { ask } = await startBench(["listed.com"], { "listed.com": ["127.0.0.1"] });
  expect(await ask(`${head}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4(00|03|11) /);
});

test("what is passed on names the checked host, without what concerns the proxy alone", () => {
  const head =
    "POST http://Listed.COM.:8080?q=1 HTTP/1.1\r\nHost: evil.net\r\nProxy-Authorization: x\r\nConnection: x-hop, content-length\r\nX-Hop: 1\r\nUpgrade: h2c\r\nContent-Length: 3\r\nAccept: */*\r\n\r\n";
  expect(parseRequest(head)).toEqual({
    host: "listed.com",
    port: 8080,
    bodyBytes: 3,
    head: "POST /?q=1 HTTP/1.1\r\nHost: listed.com:8080\r\nContent-Length: 3\r\nAccept: */*\r\nConnection: close\r\n\r\n",
  });
});

test("a second request behind the first is not sent on", async () => {
  let received = "";
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nreached";
  const server = createServer((socket) => {
    socket
      .on("error", () => {})
      .on("data", (piece) => {
        received += piece.toString("latin1");
        if (received.endsWith("ab") || received.includes("evil")) socket.end(answer);
      });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  cleanUp.defer(() => void server.close());
  const { port } = server.address() as { port: number };
  const { ask } = await startBench([`localhost:${port}`], { localhost: ["127.0.0.1"] });
  const second = "GET /two HTTP/1.1\r\nHost: evil.net\r\n\r\n";
  await ask(`GET http://localhost:${port}/ HTTP/1.1\r\n\r\n${second}`);
  const whole = `POST http://localhost:${port}/ HTTP/1.1\r\nContent-Length: 2\r\n\r\nab`;
  await ask(whole + second);
  expect(received).not.toContain("evil");
  expect(await ask(whole)).toContain("reached");
});

test("refusals are told once each, in a bounded number, as one line of plain text", async () => {
  const { ask, refused } = await startBench([], {});
  await ask("GET http://a\u001b[2Kb/ HTTP/1.1\r\n\r\n");
  expect(refused).toHaveLength(1);
  for (let number = 0; number < 60; number++)
    await ask(`CONNECT n${number % 30}.example.com:443 HTTP/1.1\r\n\r\n`);
  const told = Array.from({ length: 19 }, (_, number) => `n${number}.example.com:443`);
  expect(refused.slice(1).map((sentence) => /\S+:443/.exec(sentence)?.[0])).toEqual(told);
  for (const sentence of refused) expect(sentence).toMatch(/^[ -~]{1,400}$/);
});

test("thousands of connections that say nothing neither block the server nor stay", async () => {
  const { port } = webServer();
  const bench = await startBench([`localhost:${port}`], { localhost: ["127.0.0.1"] });
  const count = process.env["REIN_TRIES"] === "full" ? 10_000 : 1000;
  const sockets: Socket[] = [];
  let closed = 0;
  for (let number = 0; number < count; number++) {
    const socket = await bench.connect();
    socket.once("close", () => closed++).resume();
    socket.write("G");
    sockets.push(socket);
    if (number === 200) {
      // While the places are taken, the next one is turned away and not kept waiting.
      expect(await bench.ask(`GET http://localhost:${port}/ HTTP/1.1\r\n\r\n`)).toBe("");
    }
  }
  for (const socket of sockets) socket.destroy();
  const again = async (): Promise<string> => {
    const answer = await bench.ask(`GET http://localhost:${port}/ HTTP/1.1\r\n\r\n`);
    return answer === "" ? again() : answer;
  };
  expect(await again()).toContain("reached");
  bench.proxy.close();
  expect(closed).toBeGreaterThan(count - 200);
});

test("a head without end is refused", async () => {
  const { ask } = await startBench(["listed.com"], {});
  expect(await ask(`GET http://listed.com/${"a".repeat(100_000)}`)).toStartWith("HTTP/1.1 400");
});

test("a proxy that was closed before its socket came closes the socket", async () => {
  const proxy = new DomainProxy({ domains: [], onRefused() {} });
  const port = await freePort();
  const listening = listenOnLoopback(port);
  proxy.close();
  proxy.serve(listening);
  // The port is free again.
  closeSync(listenOnLoopback(port));
});

test.skipIf(process.platform !== "linux")(
  "of two descriptors in one message none is left open but the one that is taken",
  () => {
    const { symbols } = dlopen("libc.so.6", {
      socketpair: { args: ["int", "int", "int", "ptr"], returns: "int" },
      sendmsg: { args: ["int", "ptr", "int"], returns: "int" },
    });
    const [unix, stream] = [1, 1];
    const pair = new Int32Array(2);
    symbols.socketpair(unix, stream, 0, ptr(pair));
    const byte = new Uint8Array(1);
    const vector = new BigUint64Array([BigInt(ptr(byte)), 1n]);
    // struct cmsghdr: its length, SOL_SOCKET, SCM_RIGHTS; then standard output, twice.
    const control = new Int32Array([24, 0, 1, 1, 1, 1]);
    const header = [0n, 0n, BigInt(ptr(vector)), 1n, BigInt(ptr(control)), 24n, 0n];
    expect(symbols.sendmsg(pair[0]!, ptr(new BigUint64Array(header)), 0)).toBe(1);
    const before = readdirSync("/proc/self/fd").length;
    const received = receiveDescriptor(pair[1]!)!;
    expect(readdirSync("/proc/self/fd").length).toBe(before + 1);
    for (const descriptor of [received, ...pair]) closeSync(descriptor);
  },
);
