/** What a run of `bun test` says in its JUnit report. */
export interface TestReport {
  passed: number;
  failed: number;
  /** How many have passed, by file. */
  passedIn: Record<string, number>;
  failures: Failure[];
}

export interface Failure {
  /** As it was named to `bun test`, or below the directory of the run. */
  file: string;
  /** With the groups that it is in. */
  name: string;
  /** File, line, name and the beginning of the error, as one line without control characters. */
  words: string;
}

/** The beginning of an error, in characters: it says which one it is, and the output has all of it. */
const shownOfError = 300;

export function readReport(xml: string): TestReport {
  // The first element has the totals of the run.
  const totals = xml.match(/<testsuites[^>]*>/)?.[0] ?? "";
  const failed = Number(attribute(totals, "failures"));
  const other = failed + Number(attribute(totals, "skipped"));
  const failures = [...xml.matchAll(/(<testcase [^>]*>)\s*(<failure [^>]*>)/g)].map(
    ([, test = "", failure = ""]) => describe(test, failure),
  );
  const passedIn: Record<string, number> = {};
  for (const [test] of xml.matchAll(/<testcase [^>]*\/>/g)) {
    const file = attribute(test, "file");
    passedIn[file] = (passedIn[file] ?? 0) + 1;
  }
  return { passed: Number(attribute(totals, "tests")) - other, failed, passedIn, failures };
}

function describe(test: string, failure: string): Failure {
  const [file, line] = [attribute(test, "file"), attribute(test, "line")];
  const place = line === "" ? file : `${file}:${line}`;
  const groups = attribute(test, "classname");
  const name = groups === "" ? attribute(test, "name") : `${groups} > ${attribute(test, "name")}`;
  const error = JSON.stringify(attribute(failure, "message").slice(0, shownOfError));
  return { file, name, words: `${place}: ${name.replaceAll(/\p{Cc}+/gu, " ")}: ${error}` };
}

/** Empty when the element has no such attribute. */
function attribute(element: string, name: string): string {
  const escaped = element.match(new RegExp(` ${name}="([^"]*)"`))?.[1] ?? "";
  return escaped.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, word?: string) =>
    code === undefined ? (characters[word ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );
}

const characters: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
