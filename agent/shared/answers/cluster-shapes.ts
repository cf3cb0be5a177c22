/** The schemas of the machines that work together as one Rein. */
import { z } from "zod";
import {
  type ClusterAnswer,
  type ClusterNode,
  nodeStates,
  type RemovedNode,
  type UnreachedNode,
} from "../protocol";
import { sentence } from "./sentence-shape";
import { shape } from "./shape";
import { count, text, time } from "./value-shapes";

const clusterNode = shape<ClusterNode>(
  "ClusterNode",
  "A machine of the cluster.",
)(
  z.strictObject({
    name: text,
    address: text.describe("Where the other machines reach it."),
    version: text,
    state: z
      .enum(nodeStates)
      .describe("here: it has answered this. away: it does not answer the one that has."),
    since: time.optional().describe("Since when it is away."),
    reason: text.optional(),
    said: sentence.optional(),
    sessions: count.describe("Without those in the archive."),
    running: count.describe("Its sessions that are at work."),
  }),
);

export const clusterAnswer = shape<ClusterAnswer>(
  "Cluster",
  "The machines that work together, and the database that they share. Of a server that works alone: no nodes.",
)(
  z.strictObject({
    node: text.optional().describe("The one that answers."),
    nodes: z.array(clusterNode),
    database: z
      .strictObject({
        state: z
          .enum(["joined", "gone"])
          .describe("gone: what happens is on each machine’s own disk alone."),
        since: time.optional(),
        reason: text.optional(),
        said: sentence.optional(),
      })
      .optional(),
  }),
);

export const removedNode = shape<RemovedNode>(
  "RemovedNode",
  "What was left of a machine that was removed from the cluster.",
)(
  z.strictObject({
    removed: text,
    sessions: count.describe("Its sessions: they stay readable."),
    settled: count.describe("Those of which a run was settled now."),
  }),
);

export const unreachedNode = shape<UnreachedNode>(
  "UnreachedNode",
  "A machine that a stop of everything has not reached: what runs there goes on.",
)(z.strictObject({ node: text, reason: text }));
