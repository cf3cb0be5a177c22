/** What a server finds of its machine, its database and other machines is read in the language of the page. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import catalogue from "../client/words/de.json";
import { connectionReason } from "../server/cluster/connect-postgres";
import { clusterFindings } from "../server/http/machine/cluster-findings";
import { commandFindings } from "../server/http/machine/command-findings";
import { providerFindings } from "../server/http/machine/model-findings";
import { findSandbox } from "../server/processes/sandbox";
import type { CommandsAnswer, Finding, ProviderInfo, Sentence } from "../shared/protocol";
import { defaultLimits } from "../shared/protocol";
import { inWords, reasonOf, reasonWords, sentence } from "../shared/sentences";
import { useLanguage } from "../shared/translation";

const german = { id: "de", catalogue };
const english = { id: "en", catalogue: {} };
afterEach(() => useLanguage(() => english));

/** Made in English, sent as JSON, and read in German. */
function germanOf(findings: Finding[]): (string | undefined)[][] {
  const sent = JSON.parse(JSON.stringify(findings)) as Finding[];
  useLanguage(() => german);
  return sent.map(({ said }) =>
    [said?.words, said?.advice].map((one) => (one === undefined ? undefined : inWords(one))),
  );
}

test("a machine that does not answer is said with its reason, at every depth", () => {
  const facts = { address: "http://b:8790", version: "1", sessions: 0, running: 0 };
  const why = reasonOf(
    sentence("Nothing runs at {address}: the connection was refused.", { address: facts.address }),
  );
  const findings = clusterFindings({
    node: "a",
    nodes: [
      { ...facts, name: "a", state: "here" },
      { ...facts, name: "b", state: "away", ...why },
      { ...facts, name: "c", state: "alive" },
    ],
    database: { state: "joined" },
  });
  expect(findings.map(({ words }) => words)).toEqual([
    "this is machine “a”; c answers",
    "machine “b” does not answer: Nothing runs at http://b:8790: the connection was refused.",
  ]);
  expect(germanOf(findings)).toEqual([
    ["dies ist Rechner „a“; c antwortet", undefined],
    [
      "Rechner „b“ antwortet nicht: Unter http://b:8790 läuft nichts: Die Verbindung wurde abgelehnt.",
      "Seine Sitzungen lassen sich lesen und gehen weiter, sobald er antwortet",
    ],
  ]);
});

test("amounts, counts and lists are those of the language", () => {
  const commands: CommandsAnswer = {
    sandbox: "auto",
    network: "on",
    environment: [],
    ...defaultLimits,
    proof: "supervisor and cgroup",
    sandboxWorks: true,
    sandboxed: true,
    withheld: [],
    limits: {
      enforced: { memory: true, processes: true, cpu: true },
      each: { memoryBytes: 1.5 * 1024 ** 3, processes: 4096 },
      all: { memoryBytes: 6 * 1024 ** 3 },
    },
  };
  const limits = commandFindings(commands, undefined).filter(({ about }) => about === "Limits");
  const provider = { name: "A", state: "ready", ready: true, models: [{}] } as ProviderInfo;
  const findings = [...limits, ...providerFindings({ providers: [provider] })];
  expect(germanOf(findings)).toEqual([
    [
      "ein Befehl: 1,5 GB Arbeitsspeicher, 4.096 Prozesse; alle Befehle: 6 GB Arbeitsspeicher",
      undefined,
    ],
    ["A: 1 Modell", undefined],
  ]);
});

test("why no sandbox works is said with the reason, in which bubblewrap's own words stay", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-words-"));
  const bwrap = join(dataDir, "bwrap");
  writeFileSync(bwrap, "#!/bin/sh\necho 'bwrap: Permission denied' >&2\nexit 1\n", { mode: 0o755 });
  try {
    const found = await findSandbox(realpathSync(dataDir), bwrap);
    const { lack } = JSON.parse(JSON.stringify(found)) as { lack: Sentence };
    expect(inWords(lack)).toBe("bubblewrap fails: bwrap: Permission denied");
    useLanguage(() => german);
    expect(inWords(lack)).toBe("bubblewrap scheitert: bwrap: Permission denied");
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test("what PostgreSQL itself says stays as it is, and what to do is translated", () => {
  const why = connectionReason("postgres://me:secret@db/rein", new Error("no route to host"));
  expect(why.reason).toBe(
    "The database that all nodes share (db:5432/rein) cannot be used: no route to host. Check that PostgreSQL runs and that this machine reaches it.",
  );
  useLanguage(() => german);
  expect(reasonWords(why)).toBe(
    "Die gemeinsame Datenbank der Rechner (db:5432/rein) ist nicht nutzbar: no route to host. Prüfen, ob PostgreSQL läuft und ob dieser Rechner es erreicht.",
  );
});

test("without its sentence, as an earlier server sends it, a reason is shown as it came", () => {
  useLanguage(() => german);
  expect(reasonWords({ reason: "It is gone." })).toBe("It is gone.");
  expect(reasonWords({})).toBeUndefined();
});
