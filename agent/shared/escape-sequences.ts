/** Removes the escape sequences of terminals from text, and never the text around one that is not complete. */

// oxlint-disable no-control-regex -- escape sequences begin with a control character
/** Strings: OSC, DCS, APC, PM and SOS, up to BEL or ST. One with a line end or another control in it is none. */
const string =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\0-\u0008\n-\u001f\u007f-\u009f]{0,10000}(?:\u0007|\u001b\\|\u009c)/;
/** CSI: parameters, intermediate bytes, and a final byte. */
const control = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/;
/** Two characters, with intermediate bytes between them; and what begins a sequence that is not complete. */
const short = /\u001b[ -/]*[0-~]|[\u0090\u0098\u009b-\u009f]/;
// oxlint-enable no-control-regex

const sequences = new RegExp([string, control, short].map(({ source }) => source).join("|"), "g");

/**
 * The text without its escape sequences (ECMA-48, in their 7-bit and 8-bit forms). A terminal waits for the end of a
 * string for ever; here one that does not end on its line, or is longer than 10,000 characters, stays as text.
 */
export function withoutEscapes(text: string): string {
  return text.replaceAll(sequences, "");
}
