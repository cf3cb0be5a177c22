/** Runs of `bun test`, with what their reports say, and a second run of the files in which a test has failed beside others. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory";
import { type Failure, readReport, type TestReport } from "./test-report";

export interface TestRun extends TestReport {
  code: number;
  /** As they were printed; those that belong to no test. */
  errors: string[];
}

export interface Twice {
  passed: number;
  /** They failed beside other files, and passed when theirs ran alone. */
  passedAlone: Failure[];
  failures: Failure[];
  errors: string[];
  /** Of the run that decides. */
  code: number;
}

export interface Where {
  /** The paths of files are below it. */
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** Given what the runs print about their tests, as it comes. */
  print: (text: string) => void;
}

/** As `bun test` prints it, between two rules. */
const unhandled = /^# Unhandled error between tests\n-{9,}\n[^]*?^-{9,}$/gm;

/** More failures than of so many files have a cause of their own. */
const filesRunAgain = 5;

/**
 * Runs the tests that the words (files and options of `bun test`) name, six files at a time. A test that fails because six
 * others took the processor from it is no broken promise, and no sound test either: its file runs once more, alone, and what
 * passes then is told apart, to be mended. Where much has failed, nothing runs again.
 */
export async function runTwice(words: string[], where: Where): Promise<Twice> {
  // Six processes, which keep two cores busy though tests wait, and separate globals for each file.
  const first = await runTests(["--parallel=6", ...words], where);
  const files = [...new Set(first.failures.map(({ file }) => file))];
  if (files.length === 0 || files.length > filesRunAgain) return { ...first, passedAlone: [] };
  where.print(`\nOnce more, alone: ${files.join(" ")}\n`);
  const options = words.filter((word) => word.startsWith("--"));
  const second = await runTests([...options, ...files], where);
  const hasFailed = (one: Failure) =>
    second.failures.some(({ file, name }) => file === one.file && name === one.name);
  const passedAlone = first.failures.filter((one) => !hasFailed(one));
  return {
    passed: first.passed + passedAlone.length,
    passedAlone,
    failures: second.failures,
    errors: [...first.errors, ...second.errors],
    code: second.code,
  };
}

async function runTests(
  words: string[],
  { directory, environment, print }: Where,
): Promise<TestRun> {
  using folder = temporaryDirectory();
  const reportFile = join(folder.path, "report.xml");
  const report = ["--reporter=junit", `--reporter-outfile=${reportFile}`];
  const child = Bun.spawn([process.execPath, "test", ...report, ...words], {
    cwd: directory,
    env: environment,
    stdio: ["ignore", "inherit", "pipe"],
  });
  const decoder = new TextDecoder();
  let printed = "";
  for await (const bytes of child.stderr) {
    const text = decoder.decode(bytes, { stream: true });
    print(text);
    printed += text;
  }
  const code = await child.exited;
  const found = existsSync(reportFile)
    ? readReport(readFileSync(reportFile, "utf8"))
    : { passed: 0, failed: 0, failures: [] };
  return { ...found, code, errors: printed.match(unhandled) ?? [] };
}
