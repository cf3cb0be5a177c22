/** The single binary of this machine, built where it is older than what it is made of. */
import { join } from "node:path";
import { run } from "./bare-root";

const repository = join(import.meta.dir, "../../..");

/** Its path. REIN_BINARY names one that is built already. */
export function builtBinary(): string {
  const given = process.env["REIN_BINARY"];
  if (given) return given;
  console.log("Building the binary…");
  run([process.execPath, "run", "build:binary"], repository);
  return join(repository, `agent/packaging/dist/rein-linux-${process.arch}`);
}
