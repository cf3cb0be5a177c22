/**
 * `bun run test:engines [id…]`: real engines through a whole server and its gate to the scripted upstream. Prints what
 * holds, and a table of each engine's own stop beside the same engine stopped by Rein. Exits with 1 where something
 * does not hold; an engine that could not be installed is named and left out.
 *
 *     --runs 10        stops of each engine by Rein, over all kinds of stop; 100 is the promise
 *     --own 5          stops of each by itself
 *     --no-checks      only the stops
 *     --samples FILE   adds the stops to the file, and prints the table of all that it has: to measure in pieces
 *
 * The programs are installed from npm into a temporary folder, or taken from REIN_ENGINES, such as …/node_modules/.bin.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checks, checkTogether } from "./real-checks";
import { checkStopAll, stopChecks } from "./stop-checks";
import { fileChecks, keptFileChecks } from "./file-checks";
import { mcpChecks } from "./mcp-checks";
import { hostileChecks } from "./hostile-checks";
import { EngineLab, EngineScene } from "./engine-lab";
import { type EngineRow, engineRows, rowName } from "./engine-rows";
import { engineTable, faultLines } from "./engine-table";
import { findPrograms } from "./install-engines";
import { newSessionMs, type Sample, stopByRein } from "./measured-stop";
import { OwnEngine } from "./own-stop";
import { text } from "../upstream/upstream";
import { stopKinds } from "./stop-kinds";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    runs: { type: "string", default: "10" },
    own: { type: "string", default: "5" },
    checks: { type: "boolean", default: true },
    samples: { type: "string" },
  },
});

const chosen = engineRows.filter(
  (row) => positionals.length === 0 || positionals.includes(rowName(row)),
);
if (chosen.length === 0) throw new Error(`There is no such engine: ${positionals.join(", ")}`);
const samples = readSamples();
let failed = 0;

await using lab = new EngineLab(findPrograms(chosen, process.env["REIN_ENGINES"]));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void leave(1));
await lab.start();
const rows = chosen.filter(isReady);
for (const row of rows) {
  console.log(`\n${nameOf(row)}`);
  if (options.checks) await checkEngine(row);
  await measure(row, Number(options.runs), Number(options.own));
}
if (options.checks && rows.length > 1) {
  await report("several engines at once", () => checkTogether(lab, rows));
  await report("one stop for several engines", () => checkStopAll(lab, rows));
}

const names = new Map(engineRows.map((row) => [rowName(row), nameOf(row)]));
console.log(`\n${engineTable(samples, names)}\n`);
for (const line of faultLines(samples)) console.log(line.slice(0, 3_000));
await leave(failed + faultLines(samples).length === 0 ? 0 : 1);

/** Ends the server with all of its engines. */
async function leave(code: number): Promise<never> {
  await lab[Symbol.asyncDispose]();
  process.exit(code);
}

function nameOf(row: EngineRow): string {
  const { name, version } = lab.info(row);
  return [name, version, row.variant && `(${row.model})`].filter(Boolean).join(" ");
}

function isReady(row: EngineRow): boolean {
  const found = lab.programs[row.id]!;
  const { state, reason } = lab.info(row);
  if ("path" in found && state === "ready") return true;
  console.log(`${rowName(row)} is left out: ${"missing" in found ? found.missing : reason}`);
  return false;
}

async function checkEngine(row: EngineRow): Promise<void> {
  // One conversation through all of them, unless one breaks it.
  let scene = new EngineScene(lab, row);
  for (const [name, check] of Object.entries({
    ...checks,
    ...fileChecks,
    ...mcpChecks,
    ...stopChecks,
  })) {
    const holds = await report(name, () => check(scene));
    if (holds) continue;
    await scene.stop({ hard: true }).catch(() => undefined);
    scene = await begun(row);
  }
  // A sandbox would keep what runs from leaving a sign of it.
  await lab.setSandbox("off");
  for (const [name, check] of Object.entries({ ...hostileChecks, ...keptFileChecks }))
    await report(name, () => check(lab, row));
  await lab.setSandbox("auto");
}

async function measure(row: EngineRow, runs: number, own: number): Promise<void> {
  let scene = await begun(row);
  for (let run = 0; run < runs; run++) {
    const kind = stopKinds[run % stopKinds.length]!;
    const isDone = await report(`stop ${run + 1}: ${kind.name}`, async () => {
      const sample = await stopByRein(scene, kind);
      if (run % 10 === 0) sample.newSessionMs = await newSessionMs(lab, row);
      keep(sample);
      const { endedMs = 0, faults } = sample;
      return faults.length > 0 ? faults.join("; ").slice(0, 300) : `${endedMs.toFixed(0)} ms`;
    });
    if (isDone && samples.at(-1)!.firstWordMs !== undefined) continue;
    await scene.stop({ hard: true }).catch(() => undefined);
    scene = await begun(row);
  }
  await using itself = new OwnEngine(lab, row);
  for (let run = 0; run < own; run++) {
    const kind = stopKinds[run % stopKinds.length]!;
    await report(`its own stop ${run + 1}: ${kind.name}`, async () => {
      const sample = await itself.stop(kind);
      keep(sample);
      return `idle after ${sample.idleMs?.toFixed(0)} ms, ${sample.survivors} processes live; told ${sample.told} times`;
    });
  }
}

/** A conversation in which something was said. */
async function begun(row: EngineRow): Promise<EngineScene> {
  const scene = new EngineScene(lab, row);
  await scene.turn("FIRST", [text("Hello.")]);
  return scene;
}

async function report(name: string, check: () => Promise<string | void>): Promise<boolean> {
  try {
    console.log(`  ok      ${name}: ${(await check()) ?? ""}`);
    return true;
  } catch (error) {
    failed++;
    console.log(`  FAILED  ${name}: ${String(error).slice(0, 2_000)}`);
    return false;
  }
}

/** At once: a run that is ended early keeps what it has. */
function keep(sample: Sample): void {
  samples.push(sample);
  if (options.samples) writeFileSync(options.samples, JSON.stringify(samples));
}

function readSamples(): Sample[] {
  const { samples: path } = options;
  return path && existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Sample[]) : [];
}
