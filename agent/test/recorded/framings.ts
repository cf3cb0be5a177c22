/** The ways in which services and what stands between frame the same events. */
import { http, type RawAnswer } from "../upstream/raw-upstream";
import type { WireName } from "../upstream/wire";

/** The events of an answer as its service sends them. */
export interface Stream {
  wire: WireName;
  frames: string[];
}

export interface Framing {
  name: string;
  /** Where it differs from the plain one; on all wires unless given. */
  only?: WireName;
  frame(stream: Stream): RawAnswer;
}

/** As the service itself frames it, in one write. */
export const plain: Framing = { name: "one write", frame: (one) => http(bodyOf(one)) };

export const framings: Framing[] = [
  plain,
  {
    name: "400 single bytes and then growing pieces",
    frame: (one) => ({ ...http(inPieces(bodyOf(one))), isPaced: true }),
  },
  { name: "CRLF", frame: (one) => http(bodyOf(one).replaceAll("\n", "\r\n")) },
  { name: "comments and pings between", frame: (one) => http(one.frames.join(between(one))) },
  {
    name: "no space after the colon",
    frame: (one) => http(bodyOf(one).replace(/^(\w+): /gm, "$1:")),
  },
  { name: "a byte order mark", frame: (one) => http(`\uFEFF${bodyOf(one)}`) },
  { name: "no final newline", frame: (one) => http(bodyOf(one).trimEnd()) },
  {
    name: "no [DONE]",
    only: "openai-chat",
    frame: (one) => http(bodyOf(withoutDone(one))),
  },
  {
    name: "neither [DONE] nor a final newline",
    only: "openai-chat",
    frame: (one) => http(bodyOf(withoutDone(one)).trimEnd()),
  },
  { name: "a socket that stays open", frame: (one) => http(bodyOf(one), { keepsOpen: true }) },
];

function bodyOf({ frames }: Stream): string {
  return frames.join("");
}

export const done = "data: [DONE]\n\n";

function withoutDone({ wire, frames }: Stream): Stream {
  return { wire, frames: frames.filter((frame) => frame !== done) };
}

function between({ wire }: Stream): string {
  const ping = 'event: ping\ndata: {"type": "ping"}\n\n';
  return `: keep-alive\n\n${wire === "anthropic" ? ping : ""}`;
}

/** Single bytes at first, so that names, colons, line ends and characters are cut anywhere; larger ones later, for speed. */
function* inPieces(text: string): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let length = 1;
  for (let at = 0, count = 0; at < bytes.length; at += length, count++) {
    length = count < 400 ? 1 : Math.min(length + 1, 4099);
    yield bytes.subarray(at, at + length);
  }
}
