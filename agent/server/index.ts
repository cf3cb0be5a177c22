/** The server as a program: started from its command line, as `bun start` does after its preparations. */
import { informationAsked } from "./config/command-line-help";
import { runServer } from "./run-server";

const args = process.argv.slice(2);
const information = informationAsked(args);
if (information !== undefined) {
  console.log(information);
  process.exit(0);
}
void runServer(args);
