/** What a browser gets in the place of the page: while that is being built, and when it could not be. */

/** Of the page, in this server. */
export interface PageBuild {
  isRunning: boolean;
  /** Resolves once it has ended; at once when there is none. */
  ended: Promise<void>;
  /** What the build has printed, if it failed. */
  failure?: string;
}

/** Its answer comes when the build has ended. A `Refresh` header would not do: with a fragment, Chromium loads nothing. */
export const reloadPath = "/page-built.js";
export const reloadScript = "location.reload();\n";

export const buildingPage = document(
  "Rein is building its page…",
  `<p>This takes a moment. It then opens by itself.</p><script async src="${reloadPath}"></script>`,
);

const shownLength = 20_000;

/** Why, and in which directory of this machine. */
export interface FailureFacts {
  /** What the build has printed; undefined when none was tried. */
  output: string | undefined;
  directory: string;
}

/** `facts`: where all who reach this server may read them. */
export function failedPage(facts: FailureFacts | undefined): string {
  const { output, directory = "Rein’s directory" } = facts ?? {};
  const text = Bun.stripANSI(output ?? "").slice(-shownLength);
  const reason = text === "" ? "" : `<p>The build printed:</p><pre>${Bun.escapeHTML(text)}</pre>`;
  return document(
    "Rein’s page has not been built",
    `<p>Run <code>bun run build</code> in <code>${Bun.escapeHTML(directory)}</code>, then load this page again.</p>${reason}`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Rein</title><h1>${title}</h1>${body}</html>\n`;
}
