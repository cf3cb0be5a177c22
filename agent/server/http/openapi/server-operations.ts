/** The operations of signing in, and of the server itself. */
import { z } from "zod";
import { clusterAnswer, removedNode } from "../../../shared/answers/cluster-shapes";
import { sentence } from "../../../shared/answers/sentence-shape";
import {
  apiKey,
  machineAnswer,
  me,
  newApiKey,
  oidcBegun,
  oneTimeToken,
  person,
  signInsAnswer,
  signInWays,
} from "../../../shared/answers/setting-shapes";
import {
  apiKeyRequest,
  machineQuery,
  personRequest,
  signInRequest,
} from "../../../shared/requests";
import type { Subject } from "./operation";

const removed = z.strictObject({ removed: z.literal(true) });

export const signInOperations = {
  title: "Signing in",
  description:
    "Every request carries `Authorization: Bearer …` with the script token (the file `token` of the data directory, or " +
    "`REIN_TOKEN`) or with the credential of a sign-in.",
  operations: {
    "POST /api/sign-in": {
      id: "signIn",
      summary: "Exchange a token for a credential",
      isPublic: true,
      body: signInRequest,
      example: { token: "the token" },
      answer: z.strictObject({
        credential: z.string(),
        name: z.string().optional().describe("Of the person, where people have names."),
      }),
      errors: ["sign-in 409", "token", "oidc", "role", "user", "unshared"],
    },
    "GET /api/sign-in/ways": {
      id: "signInWays",
      summary: "Read how a browser can sign in here besides with a token",
      isPublic: true,
      answer: signInWays,
    },
    "POST /api/sign-in/oidc": {
      id: "beginOidc",
      summary: "Begin to sign in by OpenID Connect",
      description:
        "For a page of this server: the service sends the browser back to `/sign-in/callback` of the page’s origin, and the query there goes to `POST /api/sign-in` with the secret.",
      isPublic: true,
      answer: oidcBegun,
      errors: ["oidc"],
    },
    "GET /api/me": {
      id: "me",
      summary: "Read who asks, and what they may do on the server",
      answer: me,
    },
    "POST /api/sign-ins/token": {
      id: "newSignInToken",
      summary: "Make a token that signs one browser in",
      description: "Not for an API key: what it gives ends when it is revoked.",
      answer: oneTimeToken,
      errors: ["key 403"],
    },
    "GET /api/sign-ins": {
      id: "signIns",
      summary: "List the browsers that are signed in",
      answer: signInsAnswer,
    },
    "DELETE /api/sign-ins": {
      id: "signOutEverywhere",
      summary: "Sign every browser out",
      answer: removed,
    },
    "DELETE /api/sign-ins/:id": {
      id: "signOut",
      summary: "Sign one browser out",
      answer: removed,
      errors: ["sign-in 404"],
    },
  },
} as const satisfies Subject;

export const peopleOperations = {
  title: "People",
  description:
    "Where a proxy or a sign-in service gives people names (`REIN_USER_HEADER`, `REIN_OIDC_ISSUER`): who they are, and what " +
    "they may do on the server. The sessions of others are like sessions that do not exist; in a shared one, each has the role " +
    "of its link.",
  operations: {
    "GET /api/people": {
      id: "people",
      summary: "List the people",
      answer: z.strictObject({ people: z.array(person) }),
    },
    "PATCH /api/people/:id": {
      id: "patchPerson",
      summary: "Change what a person may do, or remove them",
      body: personRequest,
      example: { role: "admin" },
      answer: z.strictObject({ people: z.array(person) }),
      errors: ["person"],
    },
    "GET /api/keys": {
      id: "keys",
      summary: "List the API keys",
      description: "One’s own; admins have everyone’s.",
      answer: z.strictObject({ keys: z.array(apiKey) }),
    },
    "POST /api/keys": {
      id: "newKey",
      summary: "Make an API key",
      description:
        "It is shown this once. A program that sends it as `Authorization: Bearer rein_…` may do what its person may, but make keys and sign browsers in.",
      body: apiKeyRequest,
      example: { name: "nightly build" },
      answer: newApiKey,
      errors: ["keys-full", "key 403"],
    },
    "DELETE /api/keys/:id": {
      id: "revokeKey",
      summary: "Revoke an API key",
      answer: removed,
      errors: ["key 404"],
    },
  },
} as const satisfies Subject;

const machineLimits = z.strictObject({ memoryBytes: z.number(), processes: z.number() });

const capabilities = z.strictObject({
  proof: z.enum(["supervisor", "supervisor and cgroup", "none"]),
  supervisor: z.enum(["compiled", "script", "none"]),
  fallen: z.string().optional(),
  fallenSaid: sentence.optional(),
  limits: z.strictObject({ processes: z.boolean(), memory: z.boolean(), cpu: z.boolean() }),
  noLimits: z.string().optional(),
  limitsAdvice: z.string().optional(),
  limitsSaid: z.strictObject({ lack: sentence, advice: sentence.optional() }).optional(),
  machine: z.strictObject({ all: machineLimits, each: machineLimits }).optional(),
  sandboxWorks: z.boolean(),
  noSandbox: z.string().optional(),
  noSandboxSaid: sentence.optional(),
});

export const serverOperations = {
  title: "Server",
  description: "Its health, its metrics, and this document.",
  operations: {
    "GET /api/health": {
      id: "health",
      summary: "Read the server’s health, and what this machine allows",
      isPublic: true,
      answer: z.strictObject({
        status: z.literal("ok"),
        version: z.string(),
        processes: capabilities,
        sandboxed: z.boolean(),
        cluster: z
          .strictObject({
            node: z.string(),
            boot: z.string().describe("Of its process: new at each start."),
            database: z
              .enum(["joined", "gone"])
              .describe("With gone, what happens is on this machine’s disk alone."),
          })
          .optional()
          .describe("Of a node of a cluster."),
      }),
      errors: ["storage"],
    },
    "GET /api/machine": {
      id: "machine",
      summary: "Read what this machine allows, what is missing, and what to do about it",
      description: "As `rein doctor` prints it.",
      query: machineQuery,
      answer: machineAnswer,
      errors: ["cwd"],
    },
    "GET /api/cluster": {
      id: "cluster",
      summary: "Read which machines work together, and how they are",
      answer: clusterAnswer,
    },
    "DELETE /api/cluster/nodes/:name": {
      id: "removeNode",
      summary: "Remove a machine that is gone for good",
      description:
        "Refused while it runs. What it left is settled; its sessions can still be read, and deleted, but not continued. If " +
        "it comes back it joins again, and they are its own.",
      answer: removedNode,
      errors: ["node"],
    },
    "DELETE /api/storage/missing": {
      id: "confirmMissing",
      summary: "Confirm what the start found to be missing",
      answer: z.strictObject({ confirmed: z.literal(true) }),
    },
    "POST /api/shutdown": {
      id: "shutDown",
      summary: "End the server in order, as SIGTERM does",
      description: "Answered before it begins. What runs is stopped, and settles.",
      answer: z.strictObject({
        shuttingDown: z.literal(true),
        unsaved: z
          .int()
          .optional()
          .describe("Of how many sessions something could not be saved, and will be lost."),
      }),
      isAccepted: true,
    },
    "GET /metrics": {
      id: "metrics",
      summary: "Read the metrics, in Prometheus’ format",
      raw: ["text/plain"],
    },
    "GET /api/openapi.json": {
      id: "openapi",
      summary: "Read this document",
      isPublic: true,
      answer: z.looseObject({ openapi: z.string() }),
    },
    "GET /api/reference": {
      id: "reference",
      summary: "Read this document as a page",
      isPublic: true,
      raw: ["text/html"],
    },
  },
} as const satisfies Subject;
