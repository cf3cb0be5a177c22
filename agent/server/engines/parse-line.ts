/** A line of an engine as JSON, if reading it cannot hold the server. */

/** Below it, a line is parsed within some milliseconds, whatever it holds. */
const shortLine = 65_536;

/** Of one line: so many fields with different names take the parser about a tenth of a second. */
const mostValues = 300_000;

const deepest = 500;

/**
 * Throws when it is no JSON, or is nested too deep or holds too many values: a line of 30 million brackets took 8 s and
 * 2 GB, one of a million and a half different strings or names three to five (measured with Bun 1.4.5).
 */
export function parseLine(line: string): unknown {
  if (line.length > shortLine) checkShape(line);
  return JSON.parse(line);
}

const quote = 34;
const backslash = 92;
const comma = 44;
/** What opens; what closes comes two places after it. */
const bracket = 91;
const brace = 123;

function checkShape(line: string): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quote) at = endOfString(line, at);
    else if (code === comma) values++;
    else if (code === bracket || code === brace) {
      values++;
      depth++;
    } else if (code === bracket + 2 || code === brace + 2) depth--;
    if (depth > deepest || values > mostValues)
      throw new SyntaxError("It holds more values than can be read.");
  }
}

/** The place of its closing quote; the end of the line where there is none. */
function endOfString(line: string, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return line.length;
}
