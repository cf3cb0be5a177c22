/** The `rein` command from its sources: installs what is missing, then runs the command that is named. */
import { beginAnew, installPackages, StepFailed } from "../prepare";
import { returnToCaller } from "./called-from";

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
