/** Which role each route needs, and what the front of people's servers answers itself: the one place that says it. What has no role is for nobody. */
import type { SessionRole } from "../../shared/protocol";
import type { subjects } from "./openapi/subjects";

/**
 * public: no credential. linked: nor does it matter which page leads there. person: everyone who is let in; what is listed is
 * what they may see. admin: of the server, where people have names. Of a session: the role in each session that the route
 * looks up, by whichever name.
 */
export type RouteRole = "public" | "linked" | "person" | "admin" | `session ${SessionRole}`;

type Operations<One> = One extends { operations: infer All } ? keyof All : never;
export type RouteName = Operations<(typeof subjects)[number]>;

export const routeRoles: Record<RouteName, RouteRole> = {
  "POST /api/chat": "session steer",
  "GET /api/chat/:id/stream": "session watch",
  "GET /api/sessions/:id/events": "session watch",
  "GET /api/events": "person",
  // Whoever may watch may stop.
  "POST /api/stop": "session watch",
  "POST /api/sessions/:id/stop": "session watch",
  "POST /api/sessions/:id/pause": "session steer",
  "POST /api/sessions/:id/resume": "session steer",
  "POST /api/sessions/:id/ask-again": "session steer",
  "POST /api/sessions/:id/queue": "session steer",
  "PATCH /api/sessions/:id/queue/:messageId": "session steer",
  "DELETE /api/sessions/:id/queue/:messageId": "session steer",
  "POST /api/approvals/:id": "session steer",

  "GET /api/sessions": "person",
  "GET /api/search": "person",
  "GET /api/sessions/:id": "session watch",
  // To name it, pin it or archive it takes an admin of it: see the route.
  "PATCH /api/sessions/:id": "session steer",
  "DELETE /api/sessions/:id": "session admin",
  "POST /api/sessions/:id/restore": "session admin",
  "GET /api/sessions/:id/messages": "session watch",
  "GET /api/sessions/:id/messages/:messageId": "session watch",
  "GET /api/sessions/:id/export": "session watch",
  "DELETE /api/sessions/:id/allowed/:ruleId": "session steer",
  // The copy is one's own.
  "POST /api/sessions/:id/fork": "session watch",
  "POST /api/sessions/import": "person",
  "POST /api/sessions/:id/branch": "session steer",
  "GET /api/sessions/:id/branch": "session watch",
  "DELETE /api/sessions/:id/todo": "session steer",
  "POST /api/sessions/:id/compact": "session steer",
  "POST /api/sessions/:id/summaries/:messageId/undo": "session steer",
  "GET /api/sessions/:id/runs/:runId/changes": "session watch",
  "POST /api/sessions/:id/runs/:runId/undo": "session steer",
  "POST /api/sessions/:id/runs/:runId/redo": "session steer",
  "POST /api/sessions/:id/runs/:runId/survivors/stop": "session watch",
  "POST /api/sessions/:id/links": "session admin",
  "DELETE /api/sessions/:id/links/:linkId": "session admin",
  // Its token is the right to it.
  "POST /api/sessions/:id/join": "person",
  "GET /api/stops": "person",

  "GET /api/tree": "person",
  "GET /api/text": "person",
  "GET /api/review": "session watch",
  "POST /api/review/revert": "session steer",
  "POST /api/review/undo": "session steer",
  "POST /api/review/accept": "session steer",
  "POST /api/review/commit": "session steer",
  "GET /api/review/commit": "session watch",
  "POST /api/review/commit/stop": "session watch",
  "POST /api/review/message": "session steer",

  "GET /api/sessions/:id/processes": "session watch",
  "GET /api/sessions/:id/processes/:processId/output": "session watch",
  "GET /api/sessions/:id/outputs/:callId": "session watch",
  "PATCH /api/sessions/:id/processes/:processId": "session steer",
  "POST /api/sessions/:id/processes/:processId/stop": "session watch",
  "POST /api/files": "session steer",
  "GET /api/files/:hash": "session watch",
  "DELETE /api/files/:hash": "session steer",

  // To work, everyone needs the models, the agents and what holds for commands; only admins change them.
  "GET /api/models": "person",
  "PUT /api/settings": "admin",
  "POST /api/providers/:id/test": "admin",
  "POST /api/search/test": "admin",
  "GET /api/engines": "person",
  "GET /api/limits": "person",
  "PUT /api/limits": "admin",
  "GET /api/hooks": "admin",
  "PUT /api/hooks": "admin",
  "GET /api/language-servers": "admin",
  "PUT /api/language-servers": "admin",
  "GET /api/commands": "person",
  "PUT /api/commands": "admin",

  // What acts in everyone's sessions in a directory is an admin's to allow; notes are like the files there.
  "GET /api/directory": "person",
  "GET /api/directory/files": "person",
  "GET /api/rules": "person",
  "POST /api/rules": "admin",
  "DELETE /api/rules/:id": "admin",
  "GET /api/memory": "person",
  "POST /api/memory": "person",
  "PATCH /api/memory/:id": "person",
  "DELETE /api/memory/:id": "person",
  "GET /api/schedules": "admin",
  "POST /api/schedules": "admin",
  "PATCH /api/schedules/:id": "admin",
  "DELETE /api/schedules/:id": "admin",
  "POST /api/schedules/:id/run": "admin",
  "GET /api/project": "person",
  "POST /api/project/answer": "admin",
  "GET /api/projects": "person",
  "GET /api/projects/settings": "person",
  "PATCH /api/projects": "admin",
  "GET /api/directories": "person",
  "GET /api/instructions": "admin",
  "PUT /api/instructions": "admin",

  "GET /api/mcp": "session watch",
  "POST /api/mcp/answer": "admin",
  "POST /api/mcp/restart": "admin",
  "POST /api/mcp/sign-in": "admin",
  "POST /api/mcp/sign-out": "admin",
  // It comes from the service's page, and has a credential of its own: the state.
  "GET /api/mcp/callback": "linked",
  "GET /api/mcp/prompts": "session watch",
  "POST /api/mcp/prompts/get": "session steer",
  "GET /api/mcp/resources": "session watch",

  "POST /api/sign-in": "public",
  "GET /api/sign-in/ways": "public",
  "POST /api/sign-in/oidc": "public",
  "GET /api/me": "person",
  // One's own; admins have everyone's.
  "POST /api/sign-ins/token": "person",
  "GET /api/sign-ins": "person",
  "DELETE /api/sign-ins": "person",
  "DELETE /api/sign-ins/:id": "person",
  "GET /api/people": "admin",
  "PATCH /api/people/:id": "admin",
  "GET /api/keys": "person",
  "POST /api/keys": "person",
  "DELETE /api/keys/:id": "person",
  "GET /api/push": "person",
  "POST /api/push": "person",
  "DELETE /api/push": "person",

  "GET /api/health": "public",
  // Where a new session can be, and which machine is away.
  "GET /api/cluster": "person",
  "DELETE /api/cluster/nodes/:name": "admin",
  "GET /api/machine": "admin",
  "DELETE /api/storage/missing": "admin",
  "POST /api/shutdown": "admin",
  "GET /metrics": "admin",
  "GET /api/openapi.json": "linked",
  "GET /api/reference": "linked",
};

/** Of a route by its name; undefined where the table lacks it. */
export function roleOf(name: string): RouteRole | undefined {
  return Object.hasOwn(routeRoles, name) ? routeRoles[name as RouteName] : undefined;
}

/**
 * everyone: the front answers it for all who may have it. operator: only for who has the token of the server, and belongs to
 * no account. Nothing of it runs a command or reads a person's files: it would be as root.
 */
export type FrontRoute = "everyone" | "operator";

/** Where each person has a server of their own (`REIN_UNIX_USERS`), that one answers all others. */
export const frontRoutes: Partial<Record<RouteName, FrontRoute>> = {
  "POST /api/sign-in": "everyone",
  "GET /api/sign-in/ways": "everyone",
  "POST /api/sign-in/oidc": "everyone",
  "GET /api/me": "everyone",
  "POST /api/sign-ins/token": "everyone",
  "GET /api/sign-ins": "everyone",
  "DELETE /api/sign-ins": "everyone",
  "DELETE /api/sign-ins/:id": "everyone",
  "GET /api/people": "everyone",
  "PATCH /api/people/:id": "everyone",
  "GET /api/keys": "everyone",
  "POST /api/keys": "everyone",
  "DELETE /api/keys/:id": "everyone",
  "GET /api/health": "everyone",
  "POST /api/shutdown": "everyone",
  "GET /metrics": "everyone",
  "GET /api/openapi.json": "everyone",
  "GET /api/reference": "everyone",

  "GET /api/models": "operator",
  "PUT /api/settings": "operator",
  "POST /api/providers/:id/test": "operator",
  "GET /api/engines": "operator",
  "GET /api/limits": "operator",
  "GET /api/hooks": "operator",
  "GET /api/language-servers": "operator",
  "GET /api/commands": "operator",
  "GET /api/schedules": "operator",
  "GET /api/push": "operator",
  "POST /api/push": "operator",
  "DELETE /api/push": "operator",
  "GET /api/machine": "operator",
  "DELETE /api/storage/missing": "operator",
};
