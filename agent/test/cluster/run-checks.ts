/** The checks of `bun run test:cluster`, run on the clients' machine of a network that run-cluster.ts has made. */
import type { Check } from "./checks";
import { databaseChecks } from "./database-checks";
import { deathChecks } from "./death-checks";
import { firstUpgradeChecks } from "./first-upgrade-checks";
import { faultChecks } from "./fault-checks";
import { type Machines, startMachines } from "./machines";
import { raceChecks } from "./race-checks";
import { stopChecks } from "./node-stop-checks";
import { upgradeChecks } from "./upgrade-checks";
import { viewerChecks } from "./viewer-checks";

interface Order {
  network: string;
  only: string;
  seed: string;
  minutes: string;
}

const order = JSON.parse(process.argv[2]!) as Order;
const all: Check[] = [
  ...stopChecks,
  ...deathChecks,
  ...databaseChecks,
  ...raceChecks,
  ...viewerChecks,
  ...upgradeChecks,
  ...firstUpgradeChecks,
  ...faultChecks(Number(order.seed), Number(order.minutes)),
];
const chosen = all.filter(({ name }) => new RegExp(order.only).test(name));
let [passed, failed] = [0, 0];
let machines: Machines | undefined;
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void interrupt());

try {
  machines = await startMachines(order.network);
  for (const check of chosen) await runCheck(machines, check);
} catch (error) {
  console.log(`FAILED  the cluster could not be started or mended\n        ${said(error)}`);
  failed++;
}
await finish();

async function runCheck(on: Machines, check: Check): Promise<void> {
  const { name } = check;
  if (check.isSkipped) return console.log(`skipped ${name}`);
  try {
    console.log(`ok      ${name}\n        ${await check.run(on)}`);
    passed++;
  } catch (error) {
    console.log(`FAILED  ${name}\n        ${said(error)}`);
    failed++;
  }
  // The next check begins on a cluster that is well.
  await on.mend();
  await on.stopEverything();
}

async function interrupt(): Promise<void> {
  console.error("Interrupted.");
  failed++;
  await finish();
}

async function finish(): Promise<void> {
  await machines?.[Symbol.asyncDispose]();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${said(error.cause)})`;
}
