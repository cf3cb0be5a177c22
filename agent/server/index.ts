/** The server as a program: started from its command line, as `bun start` does after its preparations. */
import { informationAsked } from "./config/command-line-help";
import { runServer } from "./run-server";

const args = process.argv.slice(2);
const information = informationAsked(args);
if (information !== undefined) {
  console.log(information);
  process.exit(0);
}
/** Resolves once it serves. Not awaited here: the file is compiled ahead for the tests, in a format without that. */
export const serving = runServer(args);
