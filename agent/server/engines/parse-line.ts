/** A line of an engine as JSON, if reading it cannot hold the server. */

/** Below it, a line is parsed within some milliseconds, whatever it holds. */
const shortLine = 65_536;

/** Arrays and objects of one line: so many take the parser about a tenth of a second. */
const mostValues = 300_000;

const deepest = 500;

/**
 * Throws when it is no JSON, or is nested too deep or holds too many arrays and objects: a line of 30 million brackets took
 * 8 s and 2 GB (measured with Bun 1.4.5).
 */
export function parseLine(line: string): unknown {
  if (line.length > shortLine) checkShape(line);
  return JSON.parse(line);
}

const quote = 34;
const backslash = 92;
/** What opens; what closes comes two places after it. */
const bracket = 91;
const brace = 123;

function checkShape(line: string): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quote) at = endOfString(line, at);
    else if (code === bracket || code === brace) {
      if (++depth > deepest || ++values > mostValues)
        throw new SyntaxError("It holds more arrays and objects than can be read.");
    } else if (code === bracket + 2 || code === brace + 2) depth--;
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
