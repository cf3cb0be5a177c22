/** The escape sequences of terminals, to remove them from text. */

// oxlint-disable no-control-regex -- escape sequences begin with a control character
/**
 * ECMA-48: control sequences (CSI), strings (OSC, DCS, APC, PM, SOS) up to their terminator, and two-character escapes
 * with their intermediate bytes.
 */
export const escapeSequences =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\u001b[ -/]*[0-~]/g;
// oxlint-enable no-control-regex
