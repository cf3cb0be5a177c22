/** Where this machine's server keeps its data, as the command line and the environment say. */
import { join } from "node:path";
import { homeDirectory } from "../server/config/home-directory";
import { callersPath } from "./called-from";
import { CommandFailed } from "./command";

export type Environment = Record<string, string | undefined>;

export interface Place {
  dataDir: string;
  /** As it was given; without it the directory has one. */
  token: string | undefined;
}

/** Throws CommandFailed when none is named and the user has no home directory. */
export function placeOf(given: string | undefined, environment: Environment): Place {
  const dataDir = given || environment["REIN_DATA_DIR"] || usualDirectory();
  return { dataDir: callersPath(dataDir), token: environment["REIN_TOKEN"] || undefined };
}

function usualDirectory(): string {
  try {
    return join(homeDirectory(), ".rein");
  } catch (error) {
    throw new CommandFailed((error as Error).message, { cause: error });
  }
}

/** Throws CommandFailed when the directory cannot be used. */
export function withDataDir<Value>(dataDir: string, use: (dataDir: string) => Value): Value {
  try {
    return use(dataDir);
  } catch (error) {
    throw new CommandFailed(
      `The data directory ${dataDir} cannot be used: ${(error as Error).message}. Choose another with --data-dir or REIN_DATA_DIR.`,
      { cause: error },
    );
  }
}
