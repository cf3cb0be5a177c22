/** Runs of `bun test`, with what their reports say, and a second one of each file in which a test has failed beside others. */
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
  /** Of each file as it ran last. */
  passed: number;
  /** They failed beside other files, and passed when theirs ran alone. */
  passedAlone: Failure[];
  failures: Failure[];
  errors: string[];
  /** Of the runs that decide: 0 where all of them went well. */
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
 * is seen to pass then is told apart, to be mended. Where much has failed, or files or a title are named, nothing runs again.
 */
export async function runTwice(words: string[], where: Where): Promise<Twice> {
  // Six processes, which keep two cores busy though tests wait, and separate globals for each file.
  const first = await runTests(["--parallel=6", ...words], where);
  const files = [...new Set(first.failures.map(({ file }) => file))];
  const isNamed = words.some((word) => !word.startsWith("--"));
  if (isNamed || files.length === 0 || files.length > filesRunAgain)
    return { ...first, passedAlone: [] };
  const all: Twice = { ...first, passedAlone: [], failures: [], code: 0 };
  for (const file of files) {
    where.print(`\nOnce more, alone: ${file}\n`);
    const again = await runTests([...words, `./${file}`], where);
    const before = first.failures.filter((one) => one.file === file);
    // One that has crashed, or whose report is missing, has not shown that anything passes.
    const isSeen = again.code === 0 || again.failures.length > 0;
    const failures = isSeen ? again.failures : before;
    const hasFailed = ({ name }: Failure) => failures.some((one) => one.name === name);
    if (isSeen) all.passed += again.passed - (first.passedIn[file] ?? 0);
    all.passedAlone.push(...before.filter((one) => !hasFailed(one)));
    all.failures.push(...failures);
    all.errors.push(...again.errors);
    all.code ||= again.code;
  }
  return all;
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
  const errors = printed.match(unhandled) ?? [];
  // Whatever its code is: a test has ended the process before it told anything.
  if (!existsSync(reportFile))
    return { passed: 0, failed: 0, passedIn: {}, failures: [], code: code || 1, errors };
  return { ...readReport(readFileSync(reportFile, "utf8")), code, errors };
}
