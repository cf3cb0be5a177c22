/** @jsxImportSource @opentui/solid */
/** When a run ran, which models answered, and what it has used, kind by kind. */
import { useClient, useOpen } from "../../client/state/client";
import { runDetails } from "../../client/state/run-details";
import type { Run } from "../../shared/protocol";
import { useLines } from "./column-width";
import { Words } from "./Words";

export function RunDetailRows(props: { run: Run }) {
  const { session } = useOpen();
  const { engines } = useClient().engines;
  const details = () => runDetails(props.run, session, engines()).join("\n");
  const lines = useLines();
  return <Words pieces={[{ text: lines(details()) }]} />;
}
