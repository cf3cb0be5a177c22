/** What language servers have said about files, for the model: errors first, within bounds. */
import { plural } from "../../shared/plural";
import { relativeTo } from "../../shared/rules";
import { ellipsized, truncate } from "../../shared/truncate";
import { visibleName } from "../../shared/visible-text";
import type { Problem } from "./lsp-schemas";

/** `problems`: absent when it has not said anything of this version in time. */
export interface FileReport {
  path: string;
  problems?: readonly Problem[];
  /** It does not say of which version of the file they are. */
  isUnsure?: boolean;
  /** Why it was not asked. */
  skipped?: string;
}

export interface ServerReport {
  name: string;
  /** It could not be asked: why, as a sentence. */
  failure?: string;
  files: readonly FileReport[];
}

const mostOfFile = 20;
const mostCharacters = 4_000;
const longestMessage = 500;
/** Of hints there are many, and none says that something is wrong. */
const worst = 3;

export function describeReports(
  reports: readonly ServerReport[],
  cwd: string,
  waitSeconds: number,
): string {
  const lines = reports.flatMap((report) => linesOf(report, cwd, waitSeconds));
  const text = lines.join("\n");
  if (text.length <= mostCharacters) return text;
  const cut = truncate(text, mostCharacters);
  return `${cut.slice(0, cut.lastIndexOf("\n"))}\n[more is left out]`;
}

function linesOf({ name, failure, files }: ServerReport, cwd: string, seconds: number): string[] {
  const shownName = visibleName(name);
  if (failure !== undefined)
    return [`[no diagnostics by ${shownName}: ${visibleName(ellipsized(failure, 300))}]`];
  return files.flatMap(({ path, problems, isUnsure, skipped }) => {
    const shown = visibleName(relativeTo(path, cwd));
    if (skipped !== undefined) return [`[no diagnostics by ${shownName} of ${shown}: ${skipped}]`];
    if (problems === undefined)
      return [`[no diagnostics by ${shownName} of ${shown} within ${plural(seconds, "second")}]`];
    const told = problems.filter(({ severity }) => severity <= worst);
    const unsure = isUnsure ? ", perhaps of the text before" : "";
    if (told.length === 0) return [`[${shownName} finds nothing wrong with ${shown}${unsure}]`];
    const first = told.toSorted((a, b) => a.severity - b.severity).slice(0, mostOfFile);
    const rest = told.length - first.length;
    return [
      `[${shownName} finds ${plural(told.length, "problem")} in ${shown}${unsure}]`,
      ...first.map((one) => lineOf(one)),
      ...(rest > 0 ? [`… and ${rest} more`] : []),
    ];
  });
}

function lineOf({ line, column, severity, message, code }: Problem): string {
  const kind = severity <= 1 ? "error" : severity === 2 ? "warning" : "remark";
  const words = ellipsized(message.replaceAll(/\s*\n\s*/g, " "), longestMessage);
  return visibleName(
    `${line}:${column} ${kind}: ${words}${code === undefined ? "" : ` (${code})`}`,
  );
}
