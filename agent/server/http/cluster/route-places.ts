/** Where each route of the API is answered in a cluster. A test holds that every route is here. */

/**
 * path, query, body: by the node that owns the session that stands there (`:id`, `sessionId`); where none stands there, as node.
 * chat: the same of a message, which may begin a session.
 * node: by the node that the request names, by default the one that it came to.
 * anywhere: by the first node that has it: an approval, a file, the answer to a sign-in.
 * everywhere: by the node that it came to, which asks the others where that is needed.
 * here: by the node that it came to, always.
 */
export type RoutePlace =
  | "path"
  | "query"
  | "body"
  | "chat"
  | "node"
  | "anywhere"
  | "everywhere"
  | "here";

export const routePlaces: Record<string, RoutePlace> = {
  "POST /api/chat": "chat",
  "GET /api/chat/:id/stream": "path",

  "GET /api/sessions/:id": "path",
  "PATCH /api/sessions/:id": "path",
  "DELETE /api/sessions/:id": "path",
  "POST /api/sessions/:id/restore": "path",
  "GET /api/sessions/:id/events": "path",
  "GET /api/sessions/:id/messages": "path",
  "GET /api/sessions/:id/messages/:messageId": "path",
  "GET /api/sessions/:id/export": "path",
  "DELETE /api/sessions/:id/allowed/:ruleId": "path",
  "POST /api/sessions/:id/fork": "path",
  "POST /api/sessions/:id/branch": "path",
  "GET /api/sessions/:id/branch": "path",
  "DELETE /api/sessions/:id/todo": "path",
  "POST /api/sessions/:id/compact": "path",
  "POST /api/sessions/:id/summaries/:messageId/undo": "path",
  "POST /api/sessions/:id/stop": "path",
  "POST /api/sessions/:id/pause": "path",
  "POST /api/sessions/:id/resume": "path",
  "POST /api/sessions/:id/ask-again": "path",
  "POST /api/sessions/:id/queue": "path",
  "PATCH /api/sessions/:id/queue/:messageId": "path",
  "DELETE /api/sessions/:id/queue/:messageId": "path",
  "GET /api/sessions/:id/runs/:runId/changes": "path",
  "POST /api/sessions/:id/runs/:runId/undo": "path",
  "POST /api/sessions/:id/runs/:runId/redo": "path",
  "POST /api/sessions/:id/runs/:runId/survivors/stop": "path",
  "GET /api/sessions/:id/processes": "path",
  "GET /api/sessions/:id/processes/:processId/output": "path",
  "PATCH /api/sessions/:id/processes/:processId": "path",
  "POST /api/sessions/:id/processes/:processId/stop": "path",
  "GET /api/sessions/:id/outputs/:callId": "path",

  "POST /api/sessions/:id/links": "path",
  "DELETE /api/sessions/:id/links/:linkId": "path",
  "POST /api/sessions/:id/join": "path",

  "GET /api/review": "query",
  "POST /api/review/revert": "body",
  "POST /api/review/undo": "body",
  "POST /api/review/accept": "body",
  "POST /api/review/commit": "body",
  "GET /api/review/commit": "query",
  "POST /api/review/commit/stop": "body",
  "POST /api/review/message": "body",
  "POST /api/files": "query",
  "GET /api/mcp": "query",
  "POST /api/mcp/restart": "body",
  "POST /api/mcp/sign-in": "body",
  "POST /api/mcp/sign-out": "body",
  "GET /api/mcp/prompts": "query",
  "POST /api/mcp/prompts/get": "body",
  "GET /api/mcp/resources": "query",

  "POST /api/approvals/:id": "anywhere",
  "GET /api/files/:hash": "anywhere",
  "GET /api/mcp/callback": "anywhere",

  "GET /api/sessions": "everywhere",
  "GET /api/events": "everywhere",
  "GET /api/search": "everywhere",
  "GET /api/stops": "everywhere",
  "POST /api/stop": "everywhere",
  "DELETE /api/files/:hash": "everywhere",
  "GET /api/cluster": "everywhere",
  "DELETE /api/cluster/nodes/:name": "everywhere",

  "POST /api/sessions/import": "node",
  "GET /api/tree": "node",
  "GET /api/text": "node",
  "GET /api/models": "node",
  "PUT /api/settings": "node",
  "POST /api/providers/:id/test": "node",
  "POST /api/search/test": "node",
  "GET /api/engines": "node",
  "GET /api/limits": "node",
  "PUT /api/limits": "node",
  "GET /api/hooks": "node",
  "PUT /api/hooks": "node",
  "GET /api/language-servers": "node",
  "PUT /api/language-servers": "node",
  "GET /api/commands": "node",
  "PUT /api/commands": "node",
  "GET /api/directory": "node",
  "GET /api/directory/files": "node",
  "GET /api/rules": "node",
  "POST /api/rules": "node",
  "DELETE /api/rules/:id": "node",
  "GET /api/memory": "node",
  "POST /api/memory": "node",
  "PATCH /api/memory/:id": "node",
  "DELETE /api/memory/:id": "node",
  "GET /api/schedules": "node",
  "POST /api/schedules": "node",
  "PATCH /api/schedules/:id": "node",
  "DELETE /api/schedules/:id": "node",
  "POST /api/schedules/:id/run": "node",
  "GET /api/project": "node",
  "POST /api/project/answer": "node",
  "GET /api/projects": "node",
  "GET /api/projects/settings": "node",
  "PATCH /api/projects": "node",
  "GET /api/directories": "node",
  "GET /api/instructions": "node",
  "PUT /api/instructions": "node",
  "POST /api/mcp/answer": "node",
  "GET /api/machine": "node",
  "DELETE /api/storage/missing": "node",
  "POST /api/shutdown": "node",

  "GET /api/health": "here",
  "GET /metrics": "here",
  "GET /api/openapi.json": "here",
  "GET /api/reference": "here",
  "POST /api/sign-in": "here",
  "GET /api/sign-in/ways": "here",
  "POST /api/sign-in/oidc": "here",
  "GET /api/me": "here",
  "GET /api/people": "here",
  "PATCH /api/people/:id": "here",
  "GET /api/keys": "here",
  "POST /api/keys": "here",
  "DELETE /api/keys/:id": "here",
  "POST /api/sign-ins/token": "here",
  "GET /api/sign-ins": "here",
  "DELETE /api/sign-ins": "here",
  "DELETE /api/sign-ins/:id": "here",
  "GET /api/push": "here",
  "POST /api/push": "here",
  "DELETE /api/push": "here",
};

/** Their bodies are no JSON, and pass as they come. */
export const bytesRoutes = new Set(["POST /api/files", "POST /api/sessions/import"]);

/** A stop counts only as the answer of the node that generates; and it is let through to one of another version. */
export function isStop(name: string): boolean {
  return name.startsWith("POST ") && name.endsWith("/stop");
}

/** What the shared database can answer of a session whose node does not answer. */
export const readFromDatabase = new Set([
  "GET /api/sessions/:id",
  "GET /api/sessions/:id/messages",
  "GET /api/sessions/:id/messages/:messageId",
  "GET /api/sessions/:id/export",
  "GET /api/sessions/:id/branch",
]);
