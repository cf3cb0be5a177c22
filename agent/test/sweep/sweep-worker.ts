/**
 * Tries the selected injection points in a process of its own, because the leak detector replaces globals:
 * `bun sweep-worker.ts [--share k/n] [filters]`. Prints one line of JSON for each conversation, a ConversationResult. It ends
 * with its standard input, a pipe of the process that started it.
 */
import { editorDisposal } from "./editor-faces";
import { countEvents, nameOf, tryPoint } from "./injection-point";
import type { Intervention } from "./intervention";
import { interventions } from "./interventions";
import { detectLeaks, noDetector, processesIn } from "./leak-detector";
import { openOtherNode } from "./other-node";
import type { InjectionPoint } from "./scenario-runner";
import { type Scenario, scenarios, type Way, waysOf } from "./scenarios";
import { isSelected, matchesConversation, readSelection, type Selection } from "./selection";
import {
  openServerFixture,
  type SandboxUse,
  type ServerFixture,
  type Transport,
} from "./server-fixture";
import type { Count } from "./tally";

export interface ConversationResult {
  scenario: string;
  wire: Way;
  /** Each fault once, with the names of the points that have it. */
  faults: [fault: string, points: string[]][];
  counts: [intervention: string, count: Partial<Count>][];
}

if (import.meta.main) {
  process.stdin.on("end", () => process.exit(1)).resume();
  await tryAll(readSelection(process.argv.slice(2)));
  process.exit();
}

async function tryAll(selection: Selection): Promise<void> {
  await using other = selection.atOtherNode ? await openOtherNode() : undefined;
  // A node works in the background for as long as it lives.
  using leaks = other ? noDetector : detectLeaks();
  await using fixture = await openServerFixture(leaks, other);
  await using _editor = editorDisposal(fixture);
  for (const scenario of scenarios)
    for (const wire of waysOf(scenario))
      if (matchesConversation(selection, { scenario: scenario.name, wire })) {
        const points = await pointsOf(fixture, scenario, wire);
        const selected = points.filter((point) => isSelected(selection, point));
        console.log(JSON.stringify(await tryPoints(fixture, scenario.name, wire, selected)));
      }
}

async function tryPoints(
  fixture: ServerFixture,
  scenario: string,
  wire: Way,
  points: InjectionPoint[],
): Promise<ConversationResult> {
  const found = new Map<string, string[]>();
  const counts: ConversationResult["counts"] = [];
  for (const point of points) {
    const faults = await tryPoint(fixture, point);
    const { name } = point.intervention;
    if (faults === "not reached") {
      counts.push([name, { notReached: 1 }]);
      continue;
    }
    counts.push([name, { tried: 1, failed: faults.length > 0 ? 1 : 0 }]);
    if (faults.length > 0) killIn(fixture.cwd);
    for (const fault of faults) found.set(fault, [...(found.get(fault) ?? []), nameOf(point)]);
  }
  return { scenario, wire, faults: [...found], counts };
}

/** What a point with a fault has left is no fault of the next one. */
function killIn(directory: string): void {
  for (const one of processesIn(directory))
    try {
      process.kill(Number(one.split(" ")[0]), "SIGKILL");
    } catch {
      // It has exited meanwhile.
    }
}

/** Every intervention after every event, over each transport; half of them, always the same, with a sandbox. */
async function pointsOf(
  fixture: ServerFixture,
  scenario: Scenario,
  wire: Way,
): Promise<InjectionPoint[]> {
  const count = await countEvents(fixture, scenario, wire);
  const { sandboxWorks: canSandbox } = await fixture.server.jobs.capabilities();
  const sandboxOf = (point: Omit<InjectionPoint, "sandbox">): SandboxUse =>
    // An agent of the settings keeps its conversations where a sandbox lets nothing be written.
    canSandbox &&
    wire !== "own log-in" &&
    Bun.hash.xxHash32(nameOf({ ...point, sandbox: "off" })) % 2 === 0
      ? "on"
      : "off";
  // The faces choose no engine: that is the same message to the server.
  const fitting = interventions.filter(
    ({ face, onDisconnect, endsServer }) =>
      (fixture.other === undefined || (face ?? endsServer) === undefined) &&
      (face === undefined || !scenario.engine) &&
      // Nobody has a connection of it, or names its run before.
      (!scenario.isScheduled || (face ?? onDisconnect) === undefined),
  );
  return fitting.flatMap((intervention) => {
    const isBefore = intervention.injectBefore !== undefined && !scenario.isScheduled;
    const first = isBefore ? -1 : 0;
    const places = Array.from({ length: count - first }, (_, index) => index + first);
    return places.flatMap((at) =>
      transportsOf(fixture, intervention).map((transport) => {
        const point = { scenario, wire, intervention, at, transport };
        return { ...point, sandbox: sandboxOf(point) };
      }),
    );
  });
}

function transportsOf({ other }: ServerFixture, { face }: Intervention): Transport[] {
  if (other) return ["other node"];
  return face ? ["wire"] : ["tick", "wire"];
}
