/** A command that prints its environment finds nothing there but what programs need, whatever the server's variables are called. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandsAnswer } from "../../shared/protocol";
import { apiScene } from "../api-scene";
import { text, toolCall } from "../upstream/upstream";
import { toolOutput } from "./tool-output";

const { upstream, rein, send, start } = apiScene({
  request: { permissions: "all" },
  starts: false,
});

/** What programs are told by their environment to run, and keys under names that no list could hold. */
const hostile = {
  AWS_SECRET_ACCESS_KEY: "a-secret",
  GITHUB_TOKEN: "a-secret",
  DATABASE_URL: "postgres://me:a-secret@db",
  MY_COMPANY_PASSPHRASE: "a-secret",
  ANTHROPIC_API_KEY: "a-secret",
  AZURE_OPENAI_KEY: "a-secret",
  SSH_AUTH_SOCK: "/a-secret",
  HTTPS_PROXY: "http://me:a-secret@proxy:8080",
  REIN_HOSTS: "a-secret",
  LD_PRELOAD: "",
  LD_AUDIT: "",
  NODE_OPTIONS: "--title=a-secret",
  GIT_SSH_COMMAND: "a-secret",
  GIT_EXTERNAL_DIFF: "a-secret",
  PYTHONSTARTUP: "a-secret",
  PERL5OPT: "",
  BASH_FUNC_ls: "a-secret",
  "BASH_FUNC_cat%%": "() { echo a-secret; }",
  PROMPT_COMMAND: "a-secret",
  "odd name": "a-secret",
};
const harmless = {
  LANG: "C.UTF-8",
  LC_TIME: "C",
  GOPATH: "/go",
  all_proxy: "http://proxy:8080",
  // Rein adds this machine's addresses where they are missing.
  NO_PROXY: "example.com,localhost,127.0.0.1,::1",
  no_proxy: "example.com,localhost,127.0.0.1,::1",
};

async function printed(): Promise<string> {
  upstream.script([toolCall("bash", { command: "env; cat /dev/null" })], [text("Done.")]);
  const chat = send();
  await chat.ended;
  return toolOutput(chat);
}

test("a command gets no key, no token, nothing that makes a program run another", async () => {
  await start({ environment: { ...hostile, ...harmless } });
  const environment = await printed();
  expect(environment).not.toContain("a-secret");
  for (const [name, value] of Object.entries(harmless))
    expect(environment).toContain(`${name}=${value}\n`);
  // Every name, so that a new one is decided on and not just inherited.
  const names = [...environment.matchAll(/^(\w+)=/gm)].map(([, name]) => name!).toSorted();
  const others = "GIT_PAGER GIT_TERMINAL_PROMPT HOME OLDPWD PAGER PATH PWD SHLVL TERM _".split(" ");
  expect(names.filter((name) => !others.includes(name) && !(name in harmless))).toEqual([]);
});

test("the page is told names that are withheld, and never values", async () => {
  await start({ environment: hostile });
  const answer = await rein.fetch("/api/commands").then((response) => response.text());
  expect(answer).not.toContain("a-secret");
  const { withheld } = JSON.parse(answer) as CommandsAnswer;
  expect(withheld).toContain("GITHUB_TOKEN");
  expect(withheld).toContain("HTTPS_PROXY");
  expect(withheld).not.toContain("PATH");
  expect(withheld).not.toContain("REIN_HOSTS");
});

test("a name that a person adds is passed from the next command on, and after a restart", async () => {
  const environment = { ...hostile, MY_ONE: "first-value", MY_TWO: "second-value" };
  await start({ environment });
  expect(await printed()).not.toContain("-value");
  await rein.json("/api/commands", {
    method: "PUT",
    body: JSON.stringify({ environment: ["MY_ONE", "GIT_EXTERNAL_*"] }),
  });
  const after = await printed();
  expect(after).toContain("MY_ONE=first-value");
  expect(after).toContain("GIT_EXTERNAL_DIFF=a-secret");
  expect(after).not.toContain("second-value");
  expect(readFileSync(join(rein.dataDir, "settings.json"), "utf8")).toContain("MY_ONE");
});

test("no pattern passes a provider's key or a setting of Rein", async () => {
  await start({ environment: hostile });
  for (const environment of [["A*"], ["ANTHROPIC_*"], ["REIN_*"], ["REIN_HOSTS"]])
    await rein.json("/api/commands", { method: "PUT", body: JSON.stringify({ environment }) });
  const body = JSON.stringify({ environment: ["ANTHROPIC_*", "REIN_*", "REIN_HOSTS", "PORT"] });
  await rein.json("/api/commands", { method: "PUT", body });
  expect(await printed()).not.toContain("a-secret");
});

test.each([{ environment: ["*"] }, { environment: ["A=B"] }, { environment: ["A B-C"] }, { x: 1 }])(
  "%j is refused and changes nothing",
  async (change) => {
    await start({ environment: {} });
    const before = await rein.json<CommandsAnswer>("/api/commands");
    const response = await rein.fetch("/api/commands", {
      method: "PUT",
      body: JSON.stringify(change),
    });
    expect(response.status).toBe(400);
    expect(await rein.json<CommandsAnswer>("/api/commands")).toEqual(before);
  },
);

test("a settings file with what the page would refuse is refused at the start", async () => {
  await start({ environment: {} });
  const path = join(rein.dataDir, "settings.json");
  writeFileSync(path, JSON.stringify({ commands: { environment: ["*"] } }));
  rein.signal("SIGTERM");
  await rein.exited;
  const failure = await start({ environment: {} }).catch(String);
  expect(failure).toContain("is not what Rein writes there");
});
