/** What the API's document says of one route. */
import type { z } from "zod";
import type { ErrorCode, StatusOf } from "../error-codes";

/** `file`: with each of its statuses. `file 404`: with this one alone. */
export type ErrorName = {
  [Code in ErrorCode]: Code | `${Code} ${StatusOf<Code>}`;
}[ErrorCode];

export interface Operation {
  /** The name of its function in `agent/sdk`, where it has one. */
  id: string;
  summary: string;
  description?: string;
  /** It needs no credential. */
  isPublic?: true;
  /** It reads where the stop comes from in the header X-Rein-Client. */
  namesClient?: true;
  query?: z.ZodObject;
  body?: z.ZodType | "bytes";
  /** A body that the route takes. */
  example?: object;
  /** The body may be left out. */
  isBodyOptional?: true;
  /** As JSON. */
  answer?: z.ZodType;
  /** The answer is a stream of events. */
  streams?: z.ZodType;
  /** When the answer is 204, without a body. */
  answersNothing?: string;
  /** It is answered before it has happened, with 202. */
  isAccepted?: true;
  /** Media types of answers that are neither. */
  raw?: readonly string[];
  /** Besides those of its credential, its path and its body, which follow from those. */
  errors?: readonly ErrorName[];
}

/** As the routes are registered: `GET /api/sessions/:id`. */
export type OperationName = `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`;

/** The operations of one subject, whose title and description stand in the document. */
export interface Subject {
  title: string;
  description: string;
  operations: Record<OperationName, Operation>;
}
