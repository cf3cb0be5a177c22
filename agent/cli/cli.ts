/** The `rein` command from its sources: installs what is missing, then runs the command that is named. */
import { beginAnew, installPackages, StepFailed } from "../prepare";

try {
  if (await installPackages((words) => process.stderr.write(`${words}\n`))) beginAnew();
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  process.stderr.write(error.output);
  process.stderr.write(`rein: ${error.message}\n`);
  process.exit(1);
}
returnToCaller();
const { runCommandLine } = await import("./run-command-line");
process.exit(await runCommandLine(process.argv.slice(2)));

/** The launcher has started Bun in Rein's own directory, where it obeys no file of the caller's. */
function returnToCaller(): void {
  const directory = process.env["REIN_CALLED_FROM"];
  if (directory === undefined) return;
  delete process.env["REIN_CALLED_FROM"];
  try {
    process.chdir(directory);
  } catch (error) {
    process.stderr.write(`rein: The directory you are in cannot be used: ${String(error)}\n`);
    process.exit(1);
  }
}
