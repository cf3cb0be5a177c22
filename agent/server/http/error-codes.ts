/** Every code that the API refuses or fails with, and the statuses that it comes with. */

interface Known {
  statuses: readonly number[];
  /** For the reference of the API. */
  means: string;
}

export const errorCodes = {
  json: { statuses: [400], means: "The body is not valid JSON." },
  input: {
    statuses: [400],
    means: "The body or the query is not as described; the message says where.",
  },
  accept: {
    statuses: [400],
    means: "The body is the AI SDK’s, and the `Accept` header does not ask for its stream.",
  },
  invalid_request: { statuses: [400], means: "A setting has a value that cannot be." },
  slow: { statuses: [408], means: "The body did not come in time." },
  size: { statuses: [413], means: "The body or the file is too long." },
  type: { statuses: [415], means: "The file is neither a picture, a PDF nor UTF-8 text." },
  closed: { statuses: [408], means: "The request was given up." },

  token: {
    statuses: [401, 429],
    means:
      "The credential is missing, wrong or no longer valid; with 429 too many wrong ones came.",
  },
  account: {
    statuses: [403],
    means: "The person has no Unix account that their server could run as.",
  },
  server: { statuses: [503], means: "The person’s own server does not start, or does not answer." },
  role: {
    statuses: [403],
    means: "This is for admins, or takes a higher role in the session, or the person was removed.",
  },
  oidc: {
    statuses: [400, 404],
    means:
      "The sign-in service does not answer, or did not let the person in; the message says why.",
  },
  user: {
    statuses: [400, 403],
    means: "The name that the proxy says is none, or a program of a person says it and no proxy.",
  },
  host: { statuses: [403], means: "The server does not answer to this name." },
  origin: { statuses: [403], means: "The request comes from a page of another origin." },
  site: { statuses: [403], means: "The request comes from a page of another site or port." },
  streams: { statuses: [429, 503], means: "Too many event streams are open." },

  node: {
    statuses: [400, 404, 409],
    means:
      "There is no such node in the cluster, or this server is no node of one; with 409 the node runs and cannot be removed.",
  },
  route: { statuses: [404], means: "There is no such route." },
  session: { statuses: [404], means: "There is no such session." },
  run: { statuses: [404, 409], means: "There is no such run in this session." },
  message: { statuses: [404], means: "There is no such message." },
  summary: { statuses: [404], means: "There is no such summary." },
  plan: {
    statuses: [400],
    means: "The session’s engine has no plan mode, or the approval is no plan.",
  },
  queue: { statuses: [404], means: "The message no longer waits: it was sent or removed." },
  approval: { statuses: [404], means: "The approval is no longer pending." },
  command: {
    statuses: [404, 409],
    means: "There is no such command or skill in the directory, or it does not act there.",
  },
  process: { statuses: [404], means: "There is no such background process." },
  output: { statuses: [404], means: "No output of this call is kept." },
  receipt: { statuses: [404], means: "The run has no receipt." },
  push: {
    statuses: [400],
    means: "The subscription is none, or the script token asks, which belongs to no browser.",
  },
  "push-full": { statuses: [409], means: "Too many browsers are notified." },
  "push-failed": { statuses: [502], means: "The browser’s push service took no message." },
  person: {
    statuses: [404, 409],
    means: "There is no such person, or the configuration says what they may do.",
  },
  key: {
    statuses: [403, 404],
    means: "There is no such API key, or a program with one asked for what would outlast it.",
  },
  link: { statuses: [404], means: "There is no such link, or no longer." },
  "links-full": { statuses: [409], means: "The session is shared by too many links." },
  "keys-full": { statuses: [409], means: "There are too many API keys." },
  "sign-in": {
    statuses: [404, 409],
    means: "This browser is no longer signed in, or is signed in as somebody else.",
  },
  file: { statuses: [400, 404], means: "There is no such file, or no longer." },

  cwd: { statuses: [400], means: "There is no such directory to work in." },
  directory: { statuses: [400], means: "The directory cannot be read." },
  model: { statuses: [400], means: "No model is chosen, and none is known." },
  options: { statuses: [400], means: "The engine does not take these options." },
  import: { statuses: [400], means: "This is no export of Rein." },
  files: { statuses: [400], means: "The session’s engine takes no files." },
  provider: {
    statuses: [400, 409],
    means: "There is no such provider, it does not fit, or it lacks a key or an address.",
  },
  engine: {
    statuses: [400, 409],
    means: "There is no such engine, or it cannot do that.",
  },
  "engine-missing": { statuses: [409], means: "The engine was not found on this machine." },
  "engine-unusable": { statuses: [409], means: "The engine was found, and cannot work here." },
  "engine-fixed": { statuses: [409], means: "The engine of a session that has begun stays." },
  "mcp-servers": { statuses: [400], means: "The session’s engine takes no MCP servers." },
  mcp: {
    statuses: [409, 502],
    means: "There is no such MCP server that may run, or it could not be asked, or has refused.",
  },

  "upload-stopped": {
    statuses: [409],
    means: "The upload was cancelled by a stop: nothing of it stays.",
  },

  "uploads-full": {
    statuses: [409],
    means: "Too much waits to be sent. Send or remove some of it, then upload this again.",
  },

  "session-exists": { statuses: [409], means: "There is a session of this id already." },
  "run-exists": {
    statuses: [409],
    means: "There is a run of this id already, or a message that becomes it. `run` says where.",
  },
  "run-active": {
    statuses: [409],
    means: "Something runs there. `run` says what.",
  },
  retry: { statuses: [409], means: "The run is no longer the last one of its session." },
  "queue-full": { statuses: [409], means: "No more messages can wait." },
  digest: { statuses: [409], means: "This is not what is asked now." },
  "projects-full": { statuses: [409], means: "Something is set for too many projects." },
  rule: { statuses: [400, 404], means: "There is no such rule, or it cannot be kept." },
  "rules-full": { statuses: [409], means: "There are too many rules." },
  note: { statuses: [400, 404], means: "There is no such note, or it cannot be kept so." },
  "notes-full": { statuses: [409], means: "There are too many notes about this project." },
  schedule: {
    statuses: [400, 404],
    means: "There is no such schedule, or its time is none that comes.",
  },
  "schedules-full": { statuses: [409], means: "There are too many schedules." },
  nothing: { statuses: [409], means: "There is nothing to sum up, or to take back." },

  "no-record": { statuses: [404], means: "Nothing is recorded of what the run changed." },
  comparing: { statuses: [409], means: "What the run changed is still being compared." },
  already: { statuses: [409], means: "It is undone already, or was not undone." },
  "not-newest": { statuses: [409], means: "Later runs have changed this directory." },
  "changed-since": { statuses: [409], means: "Files were changed by something else since." },
  repository: { statuses: [409], means: "There is no git repository to commit in." },
  "commit-active": { statuses: [409], means: "A commit of this session runs already." },
  programs: {
    statuses: [409],
    means: "A commit of these files needs programs of the repository, and they were not allowed.",
  },
  failed: { statuses: [409, 500], means: "The files could not be restored; nothing has changed." },

  damaged: {
    statuses: [422],
    means: "The session, or the file of the notes, is damaged on the disk.",
  },
  storage: { statuses: [503], means: "The disk does not answer, or refuses." },
  unshared: {
    statuses: [503],
    means:
      "The database that all machines of the cluster share does not answer: who may come in can be neither checked nor changed.",
  },
  undelivered: {
    statuses: [503],
    means: "The machine of the cluster that the request is for did not answer. `node` says which.",
  },
  "storage-full": {
    statuses: [507],
    means: "Nothing can be saved, and no more can be kept in memory.",
  },
  internal: { statuses: [500], means: "A bug; the server’s log says more." },
} as const satisfies Record<string, Known>;

export type ErrorCode = keyof typeof errorCodes;

export type StatusOf<Code extends ErrorCode> = (typeof errorCodes)[Code]["statuses"][number];
