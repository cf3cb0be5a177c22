/** @jsxImportSource @opentui/solid */
/** When a run ran, which models answered, and what it has used, kind by kind. */
import { useClient, useOpen } from "../../client/state/client";
import { runDetails } from "../../client/state/run-details";
import type { Run } from "../../shared/protocol";
import { Words } from "./Words";

export function RunDetailRows(props: { run: Run }) {
  const { session } = useOpen();
  const { engines } = useClient().engines;
  const lines = () => runDetails(props.run, session, engines());
  return <Words pieces={[{ text: lines().join("\n") }]} />;
}
