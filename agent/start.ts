/** `bun start` on a fresh machine: installs what is missing, builds the page where it has changed, and serves meanwhile. */
import { join } from "node:path";
import { findLaunchers, isRunning, watchLaunchers } from "./launchers";
import { beginAnew, buildPage, installPackages, StepFailed } from "./prepare";
import { informationAsked } from "./server/config/command-line-help";

const information = informationAsked(process.argv.slice(2));
if (information !== undefined) {
  console.log(information);
  process.exit(0);
}
const launchers = findLaunchers(join(import.meta.dir, "../package.json"));
try {
  if (await installPackages(console.log)) {
    endWithLaunchers();
    beginAnew();
  }
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  endWithLaunchers();
  process.stderr.write(error.output);
  console.error(`Rein did not start: ${error.message}`);
  process.exit(1);
}
endWithLaunchers();
watchLaunchers(launchers, () => process.kill(process.pid, "SIGTERM"));
if (!process.argv.includes("--dev"))
  buildPage(console.log, ({ message, output }) => {
    process.stderr.write(output);
    console.error(`The page is not up to date: ${message}`);
  });
const { runServer } = await import("./server/run-server");
const server = await runServer(process.argv.slice(2));
await server.warmUp();

/** While a step runs, nothing watches them. */
function endWithLaunchers(): void {
  if (!launchers.every(isRunning)) process.exit(0);
}
