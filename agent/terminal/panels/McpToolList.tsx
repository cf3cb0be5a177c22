/** @jsxImportSource @opentui/solid */
/** The tools of an MCP server, each of which Enter switches off and on. */
import type { McpPanel } from "../../client/state/mcp-panel";
import type { McpEntry, McpServerView } from "../../shared/protocol";
import { bindLayer } from "../terminal-keys";
import { ChoiceList, type Line } from "./ChoiceList";

export interface McpToolListProps {
  view: McpServerView | undefined;
  /** Absent: of a server that the session's program has given, whose tools are not switched here. */
  entry: McpEntry | undefined;
  servers: McpPanel;
  reserved: number;
  close: () => void;
}

export function McpToolList(props: McpToolListProps) {
  bindLayer(() => props.close());
  const isOff = (tool: string) => props.entry?.offTools.includes(tool) === true;
  const lines = (): Line[] =>
    (props.view?.tools ?? []).map(({ name, description }) => ({
      id: name,
      text: name,
      ...(props.entry && { side: isOff(name) ? "off" : "on" }),
      words: description.replaceAll(/\s+/g, " "),
    }));

  function change({ id }: Line): void {
    if (props.entry) void props.servers.switchTool(props.entry, { name: id }, isOff(id));
  }

  return (
    <ChoiceList
      lines={lines()}
      empty="It names no tools until it is ready."
      reserved={props.reserved}
      choose={change}
    />
  );
}
