/** @jsxImportSource @opentui/solid */
/** What lies over the conversation: the panel that the client's state names. */
import type { JSX } from "solid-js";
import { ErrorBoundary, Show } from "solid-js";
import { type Panel, useClient } from "../../client/state/client";
import type { OpenSession } from "../../client/state/open-session";
import { PartFailed } from "../PartFailed";
import { EnginePanel } from "./EnginePanel";
import { HelpPanel } from "./HelpPanel";
import { LimitPanel } from "./LimitPanel";
import { MachinePanel } from "./MachinePanel";
import { McpPanel } from "./McpPanel";
import { MemoryPanel } from "./MemoryPanel";
import { ModelPanel } from "./ModelPanel";
import { OptionPanel } from "./OptionPanel";
import { PanelFrame } from "./PanelFrame";
import { PermissionPanel } from "./PermissionPanel";
import { ProjectPanel } from "./ProjectPanel";
import { SchedulePanel } from "./SchedulePanel";
import { TodoListPanel } from "./TodoListPanel";
import { ProcessPanel } from "./ProcessPanel";
import { AttachedPanel } from "./AttachedPanel";
import { QueuePanel } from "./QueuePanel";
import { SearchPanel } from "./SearchPanel";
import { SessionPanel } from "./SessionPanel";
import { PreferencePanel } from "./PreferencePanel";
import { StopPanel } from "./StopPanel";

export interface PanelProps {
  open: OpenSession;
  close: () => void;
}

/** Those of the state's panels that the terminal shows. */
const panels: Partial<Record<Panel, (props: PanelProps) => JSX.Element>> = {
  sidebar: SessionPanel,
  machines: MachinePanel,
  models: ModelPanel,
  engines: EnginePanel,
  options: OptionPanel,
  permissions: PermissionPanel,
  limits: LimitPanel,
  processes: ProcessPanel,
  mcp: McpPanel,
  project: ProjectPanel,
  memory: MemoryPanel,
  schedules: SchedulePanel,
  todo: TodoListPanel,
  queue: QueuePanel,
  attached: AttachedPanel,
  search: SearchPanel,
  settings: PreferencePanel,
  help: HelpPanel,
};

export function PanelLayer(props: { open: OpenSession }) {
  const client = useClient();
  const close = () => client.setPanel("none");
  const closeStops = () => client.route.closeStops();
  return (
    <>
      <Show when={client.route.isOnStops()}>
        <ErrorBoundary fallback={(error) => <Failed error={error} close={closeStops} />}>
          <StopPanel open={props.open} close={closeStops} />
        </ErrorBoundary>
      </Show>
      <Show when={panels[client.panel()]} keyed>
        {(Shown) => (
          <ErrorBoundary fallback={(error) => <Failed error={error} close={close} />}>
            <Shown open={props.open} close={close} />
          </ErrorBoundary>
        )}
      </Show>
    </>
  );
}

function Failed(props: { error: unknown; close: () => void }) {
  return (
    <PanelFrame title="A bug" hints={["Escape closes"]} close={() => props.close()}>
      <PartFailed name="This panel" error={props.error} advice="The page has it: rein web." />
    </PanelFrame>
  );
}
