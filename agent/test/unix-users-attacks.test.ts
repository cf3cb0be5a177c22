/** What a person's programs try against other people, the server in front and root: nothing of theirs is read, written or ended. */
import { expect } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  chownSync,
  chmodSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Rein } from "./rein";
import { processesOf, unixPeople, type UnixPerson } from "./unix-people";
import { text, toolCall } from "./upstream/upstream";

const scene = unixPeople();
const { test } = scene;
const words = "bob's own words";

/** A directory of bob's with a secret, and one of root's. */
function secrets(): string[] {
  const { bob, rein } = scene;
  const own = join(bob.home, "own");
  mkdirSync(own, { recursive: true, mode: 0o700 });
  writeFileSync(join(own, "secret.txt"), words, { mode: 0o600 });
  for (const path of [own, join(own, "secret.txt")]) chownSync(path, bob.uid, bob.uid);
  const ofRoot = join(rein.dataDir, "secret.txt");
  writeFileSync(ofRoot, words, { mode: 0o644 });
  return [join(own, "secret.txt"), ofRoot];
}

async function runBob(): Promise<void> {
  const { bob, upstream } = scene;
  upstream.script([text("For bob.")]);
  await bob.chat().ended;
}

test("tools and routes read and write nothing of another person's or of root's", async () => {
  const { anna, bob } = scene;
  for (const path of secrets()) {
    const said: string[] = [
      await anna.command(
        `cat ${path}; ls -la ${join(path, "..")}; cp ${path} ~/taken; cat ~/taken`,
      ),
      await anna.tool("read", { path }),
      await anna.tool("edit", { path, edits: [{ old: words, new: "changed" }] }),
      await anna.tool("write", { path, content: "changed" }),
      await anna.tool("grep", { pattern: "own words", path: join(path, "..") }),
      await anna.tool("glob", { pattern: "**/*", path: join(path, "..") }),
    ];
    const folder = encodeURIComponent(join(path, ".."));
    for (const route of [
      `/api/directories?path=${folder}`,
      `/api/directory/files?cwd=${folder}`,
      `/api/tree?cwd=${folder}`,
      `/api/text?cwd=${folder}&path=secret.txt`,
      `/api/review?cwd=${folder}`,
      `/api/instructions?cwd=${folder}`,
    ])
      said.push(await (await anna.fetch(route)).text());
    for (const one of said) expect(one).not.toContain(words);
    expect(readFileSync(path, "utf8")).toBe(words);
  }
  expect(existsSync(join(bob.home, "taken"))).toBe(false);
});

test("a mention, a working directory and a link that is swapped lead to nothing of another's", async () => {
  const { anna, upstream } = scene;
  for (const path of secrets()) {
    upstream.reset();
    upstream.script([text("Read.")]);
    const chat = anna.chat({ message: `See @${path} and @link` });
    await chat.ended.catch(() => undefined);
    expect(JSON.stringify(upstream.requests.map(({ body }) => body))).not.toContain(words);
    upstream.reset();
    upstream.script([toolCall("bash", { command: "cat secret.txt" })], [text("Read.")]);
    const inside = anna.chat({ cwd: join(path, "..") });
    await inside.ended.catch(() => undefined);
    expect(JSON.stringify(inside.session)).not.toContain(words);
    upstream.reset();
    // The link changes between bob's file and one of anna's while the tool reads it.
    await anna.command("echo mine > own.txt");
    const swap = `for i in $(seq 400); do ln -sfn ${path} link; ln -sfn own.txt link; done & for i in $(seq 50); do cat link; done; wait`;
    expect(await anna.command(swap)).not.toContain(words);
    for (let round = 0; round < 3; round++) {
      await anna.command(`ln -sfn ${path} link`);
      expect(await anna.tool("read", { path: "link" })).not.toContain(words);
    }
  }
});

test("a hook and an MCP server of a person run as the person", async () => {
  const { anna } = scene;
  const script = join(anna.home, "who.sh");
  writeFileSync(script, "#!/bin/sh\nid -u > $HOME/who.$1\ncat > /dev/null\n");
  chmodSync(script, 0o755);
  const put = (path: string, body: object) =>
    anna.json(path, { method: "PUT", body: JSON.stringify(body) });
  await put("/api/hooks", [
    { id: "own", name: "own", on: "before-tool", command: `${script} hook` },
  ]);
  const server = { type: "stdio", command: script, args: ["mcp"] };
  await put("/api/settings", { mcp: { servers: { own: { server, isOn: true } } } });
  await anna.command("true");
  for (const name of ["hook", "mcp"])
    expect([name, readFileSync(join(anna.home, `who.${name}`), "utf8").trim()]).toEqual([
      name,
      `${anna.uid}`,
    ]);
  await put("/api/settings", { mcp: { servers: { own: null } } });
  await put("/api/hooks", []);
});

test("processes of the front and of another person can be neither read, traced nor signalled", async () => {
  const { anna, bob, rein } = scene;
  await runBob();
  const ofBob = processesOf(bob.uid)[0]!;
  for (const pid of [rein.pid, ofBob, supervisorOf(anna.processes()[0]!)]) {
    const said = await anna.command(
      [
        `cat /proc/${pid}/environ | tr '\\0' '\\n'; echo environ $?`,
        `dd if=/proc/${pid}/mem bs=1 count=1 2>/dev/null; echo mem $?`,
        `ls -l /proc/${pid}/fd /proc/${pid}/cwd /proc/${pid}/root; echo fd $?`,
        `kill -0 ${pid}; echo asked $?; kill -STOP ${pid}; echo stopped $?; kill -9 ${pid}; echo killed $?`,
        `renice -n 19 -p ${pid} >/dev/null 2>&1; echo renice $?`,
        `prlimit --pid ${pid} --nofile=4:4; echo prlimit $?`,
        `echo 1000 > /proc/${pid}/oom_score_adj; echo oom $?`,
      ].join("\n"),
    );
    for (const failed of ["asked", "stopped", "killed", "renice", "prlimit", "oom", "mem"])
      expect([failed, said.includes(`${failed} 0`)]).toEqual([failed, false]);
    expect(said).not.toContain("REIN_");
    expect(said).not.toContain("scripted-key");
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).not.toMatch(/^State:\s+T/m);
  }
});

test("a command has no group, no capability, no key and no open file of root's", async () => {
  const { anna } = scene;
  const said = await anna.command(
    "grep -E '^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb)' /proc/self/status; id -G; cat /proc/self/keyring-none 2>/dev/null; ls -l /proc/self/fd; cat /proc/keys; ulimit -c",
  );
  for (const set of ["Inh", "Prm", "Eff", "Amb"])
    expect(said).toMatch(new RegExp(`^Cap${set}:\\s+0{16}$`, "m"));
  expect(said).toMatch(new RegExp(`^Groups:\\s+(${anna.uid} ?)?$`, "m"));
  expect(said).not.toContain(scene.rein.dataDir);
  // Of the server too: it is the person's own to take over.
  for (const pid of anna.processes()) {
    const files = filesOf(pid);
    for (const name of files)
      expect([name, name.startsWith(scene.rein.dataDir)]).toEqual([name, false]);
  }
});

test("the sockets of people's servers are reached by the front alone, their owners included", async () => {
  const { anna, bob } = scene;
  await runBob();
  const said = await anna.command(
    `find /run -name 'rein-*' -exec ls -la {} + ; find /run -path '*rein-*' -type s; for s in $(ls -d /run/rein-*/*); do echo found $s; done; ls -la ${bob.home}/.rein`,
  );
  expect(said).not.toContain("found");
  expect(said).not.toContain("rein.db");
  const taken = readdirSync("/run").filter((name) => /^rein-.*-taken-/.test(name));
  for (const name of taken) {
    const tried = await anna.command(
      `curl -s --max-time 5 --unix-socket /run/${name}/x http://localhost/api/health; echo curl $?; ls /run/${name}; echo ls $?`,
    );
    expect(tried).not.toContain("curl 0");
    expect(tried).not.toContain("ls 0");
  }
});

test("what a person names themselves is not who they are", async () => {
  const { anna, bob, upstream } = scene;
  upstream.script([text("For bob.")]);
  const chat = bob.chat();
  await chat.ended;
  for (const headers of [
    { "X-Rein-User": "bob" },
    { "X-Rein-Hop": "front" },
    { "X-Rein-Asker": JSON.stringify({ name: "bob", role: "admin" }) },
  ] as Record<string, string>[])
    expect((await anna.fetch(`/api/sessions/${chat.sessionId}`, { headers })).status).toBe(404);
});

test("a command that reaches the server's port is nobody there, whatever name it sends", async () => {
  const { anna, bob, rein } = scene;
  await runBob();
  const { port } = new URL(rein.url);
  // Closed before the answer, the socket would be nobody's any more.
  const closing = `printf 'POST /api/chat HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nX-Forwarded-User: bob\\r\\nContent-Length: 17\\r\\n\\r\\n{"message":"hi"} ' > /dev/tcp/127.0.0.1/${port}`;
  const { sessions } = await bob.json<{ sessions: object[] }>("/api/sessions");
  const said = await anna.command(
    [
      ...["bob", "olga", "anna"].flatMap((name) =>
        ["/api/me", "/api/people"].map(
          (path) => `curl -s --max-time 5 -H 'X-Forwarded-User: ${name}' ${rein.url}${path}; echo`,
        ),
      ),
      `for i in $(seq 50); do ${closing}; done`,
      `curl -s --max-time 5 ${rein.url}/api/health`,
    ].join("\n"),
  );
  expect(said).toContain('"code":"user"');
  expect(said).toContain("ok");
  expect(said).not.toMatch(/"role":/);
  expect(await bob.json<{ sessions: object[] }>("/api/sessions")).toEqual({ sessions });
});

test("the header is believed from an account that was named as a proxy's, and that is no person's", async () => {
  const { bob } = scene;
  const asBob = (rein: Rein, name: string) =>
    said(bob, `curl -s -H 'X-Forwarded-User: ${name}' ${rein.url}/api/me`);
  const { rein } = scene;
  expect(await asBob(rein, "anna")).toContain("REIN_TRUSTED_PROXY_USERS");
  const { rein: named, as } = await scene.start({ REIN_TRUSTED_PROXY_USERS: bob.account });
  await using _named = named;
  expect(JSON.parse(await asBob(named, "anna"))).toMatchObject({ name: "anna", role: "member" });
  const refused = await as(bob).fetch("/api/sessions");
  expect([refused.status, await refused.text()]).toEqual([
    403,
    expect.stringContaining("REIN_TRUSTED_PROXY_USERS"),
  ]);
});

test("no route of a person's server shows what is in the front's data directory", async () => {
  const { anna, rein } = scene;
  const at = encodeURIComponent(rein.dataDir);
  expect(existsSync(join(rein.dataDir, "rein.db"))).toBe(true);
  for (const path of [
    `/api/directories?path=${at}`,
    `/api/directories?path=${at}&find=re`,
    `/api/directory?cwd=${at}`,
    `/api/directory/files?cwd=${at}`,
    `/api/tree?cwd=${at}`,
    `/api/text?cwd=${at}&path=settings.json`,
    `/api/text?cwd=${at}&path=rein.db`,
    `/api/project?cwd=${at}`,
    `/api/memory?cwd=${at}`,
    `/api/review?cwd=${at}`,
  ]) {
    const answer = await anna.fetch(path);
    const text = await answer.text();
    expect([path, text]).toEqual([
      path,
      expect.not.stringMatching(/sign-ins|SQLite format|"rein\.db"/),
    ]);
  }
});

test("what a person's server answers cannot act as a page of the front", async () => {
  const answer = await scene.anna.fetch("/api/sessions");
  expect(answer.headers.get("content-security-policy")).toContain("sandbox");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("set-cookie")).toBeNull();
});

/** What a program of this account prints, which Rein has not started. */
async function said({ uid }: UnixPerson, line: string): Promise<string> {
  const become = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return new Response(Bun.spawn([...become, "sh", "-c", line], { cwd: "/" }).stdout).text();
}

function supervisorOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return []; // it has ended
  }
}
