/** Property tests with fast-check: commands over a model, and a failure that one printed line replays. */
import { test } from "bun:test";
import * as fc from "fast-check";

export interface PropertyOptions {
  /** The file of the test, for the line that replays it. */
  file: string;
  seed: number;
  numRuns: number;
  timeoutMs: number;
}

/**
 * A test of a property. Its cases are the same each time; REIN_RUNS changes how many. A failure is shrunk, and ends with
 * the command that replays the smallest case alone.
 */
export function propertyTest<Values extends unknown[]>(
  title: string,
  { file, seed, numRuns, timeoutMs }: PropertyOptions,
  property: fc.IAsyncProperty<Values>,
): void {
  const { REIN_SEED, REIN_PATH, REIN_RUNS } = process.env;
  const parameters = {
    seed: Number(REIN_SEED ?? seed),
    numRuns: Number(REIN_RUNS ?? numRuns),
    ...(REIN_PATH !== undefined && { path: REIN_PATH, endOnFailure: true }),
  };
  const report = (details: fc.RunDetails<Values>) => {
    if (!details.failed) return;
    const message = `${fc.defaultReportMessage(details)}\n\n${replayOf(details, file, title)}`;
    throw new Error(message, { cause: details.errorInstance });
  };
  test(
    title,
    () => fc.assert(property, { ...parameters, asyncReporter: async (details) => report(details) }),
    timeoutMs,
  );
}

/** Any sequence of these commands, replayed as REIN_COMMANDS says. */
export function anyCommands<Model extends object, Real>(
  command: fc.Arbitrary<fc.AsyncCommand<Model, Real>>,
  maxCommands: number,
): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, Real>>> {
  const { REIN_COMMANDS: replayPath } = process.env;
  // The default size makes sequences of five commands on average, "medium" of half of the maximum.
  return fc.commands([command], {
    maxCommands,
    size: "medium",
    ...(replayPath && { replayPath }),
  });
}

/** A command; `check` says in which states of the model it applies: any, by default. */
export function command<Model extends object, Real>(
  name: string,
  run: (model: Model, real: Real) => unknown,
  check: (model: Readonly<Model>) => boolean = () => true,
): fc.AsyncCommand<Model, Real> {
  return {
    check,
    async run(model, real) {
      await run(model, real);
    },
    toString: () => name,
  };
}

/** The command line that runs the failing case alone, from the root of the repository. */
function replayOf<Values>(details: fc.RunDetails<Values>, file: string, title: string): string {
  const commands = fc.stringify(details.counterexample).match(/replayPath="([^"]*)"/)?.[1];
  const variables = [
    `REIN_SEED=${details.seed}`,
    `REIN_PATH=${details.counterexamplePath}`,
    ...(commands === undefined ? [] : [`REIN_COMMANDS=${commands}`]),
  ];
  return `To replay it: ${variables.join(" ")} bun test agent/test/${file} -t ${JSON.stringify(title)}`;
}
