/** What the routes work with: the parts of one server, filled in once by server.ts. */
import type { OpenStreams } from "../access/open-streams";
import type { Approvals } from "../agent/approvals";
import type { Attachments } from "../attachments/attachments";
import type { BackgroundJobs } from "../background/background-jobs";
import type { SharedDatabase } from "../cluster/cluster-types";
import type { Catalog } from "../catalog/catalog";
import type { Definitions } from "../definitions/definitions";
import type { ChangingGift } from "../config/given-by-front";
import type { SettingsFile } from "../config/settings-file";
import type { ServerMetrics } from "../metrics/server-metrics";
import type { Engines } from "../engines/engines";
import type { EngineLooks } from "../engines/engine-looks";
import type { OpenConversations } from "../engines/open-conversations";
import type { McpConfiguration } from "../mcp/mcp-configuration";
import type { McpSignIns } from "../mcp/mcp-sign-ins";
import type { McpServers } from "../mcp/mcp-servers";
import type { RunHooks } from "../hooks/run-hooks";
import type { LanguageServers } from "../lsp/language-servers";
import type { Jobs } from "../processes/jobs";
import type { Review } from "../review/review";
import type { Push } from "../push/push-messages";
import type { RulesFile } from "../rules/rules-file";
import type { ProjectMemory } from "../memory/project-memory";
import type { PersonalInstructions } from "../projects/personal-instructions";
import type { ProjectSettingsFile } from "../projects/project-settings";
import type { OwnPath } from "../rules/self-executing";
import type { Runs } from "../run/runs";
import type { Schedules } from "../schedules/schedules";
import type { SearchIndex } from "../search/search-index";
import type { SessionDirectories } from "../session/session-directories";
import type { SessionRegistry } from "../session/session-registry";
import type { Store } from "../store/store";
import type { OutputStore } from "../tools/outputs/output-store";
import type { Undo } from "../undo/undo";
import type { PersonServers } from "../unix-users/person-servers";
import type { Access } from "./who-asks";
import type { ClusterServices } from "./cluster/cluster-services";

export interface Services {
  access: Access;
  streams: OpenStreams;
  push: Push;
  sessions: SessionRegistry;
  search: SearchIndex;
  runs: Runs;
  schedules: Schedules;
  runHooks: RunHooks;
  languageServers: LanguageServers;
  store: Store;
  /** Of a node of a cluster. */
  shared: SharedDatabase | undefined;
  jobs: Jobs;
  undo: Undo;
  review: Review;
  background: BackgroundJobs;
  sessionDirectories: SessionDirectories;
  outputs: OutputStore;
  approvals: Approvals;
  attachments: Attachments;
  rules: RulesFile;
  memory: ProjectMemory;
  projects: ProjectSettingsFile;
  personalInstructions: PersonalInstructions;
  /** Rein's own directories. */
  own: readonly OwnPath[];
  mcpConfiguration: McpConfiguration;
  mcpSignIns: McpSignIns;
  definitions: Definitions;
  catalog: Catalog;
  engines: Engines;
  engineLooks: EngineLooks;
  conversations: Pick<OpenConversations, "endSession" | "restoreSession" | "outdate">;
  mcp: McpServers;
  settings: SettingsFile;
  metrics: ServerMetrics;
  /** The servers of people, where this one is their front. */
  unixUsers: PersonServers | undefined;
  /** The Unix account that this server runs as, where it is one person's behind a front. */
  account: string | undefined;
  /** Of such a server: takes what its front gives from now on. */
  takeGift: ((given: ChangingGift) => void) | undefined;
  /** Of a node of a cluster: what it knows of the others. */
  cluster?: ClusterServices;
  /** Where a session works unless told otherwise. */
  cwd: string;
  version: string;
  /** Ends the server in order, as a signal does; returns at once. */
  shutDown: () => void;
}
