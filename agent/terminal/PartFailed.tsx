/** @jsxImportSource @opentui/solid */
/** In the place of a part of the screen that could not be drawn, which is a bug: the other parts go on, and the keys that stop. */
import { truncate } from "../shared/truncate";
import { Words } from "./conversation/Words";

export interface PartFailedProps {
  /** "The input". */
  name: string;
  error: unknown;
  /** What can be done without it. */
  advice: string;
}

const maxCharacters = 300;

/** The log of the terminal has all of it. */
export function PartFailed(props: PartFailedProps) {
  console.error(`${props.name} cannot be shown:`, props.error);
  const reason = () => truncate(String(props.error), maxCharacters);
  const text = () =>
    `${props.name} cannot be shown. This is a bug (${reason()}). ${props.advice} Ctrl+C still stops.`;
  return <Words pieces={[{ text: text(), color: "bad" }]} />;
}
