/** The limits of jobs: what a command, an engine or a server of a session may use of the machine. */
import type { Sentence } from "./sentence";

/** "auto": derived from the machine. "none": only what all jobs together may use holds it. */
export type LimitChoice = "auto" | "none" | number;

export interface JobLimitSettings {
  /** Of each job, in bytes. */
  jobMemory: LimitChoice;
  /** Of each job. */
  jobProcesses: LimitChoice;
  /** Processors that each job may use the whole time. "auto": all that the server and other jobs leave. */
  jobCpus: LimitChoice;
}

/** All that the server and other jobs leave: a job of less weight needs no limit of processors. */
export const defaultLimits: JobLimitSettings = {
  jobMemory: "auto",
  jobProcesses: "auto",
  jobCpus: "auto",
};

/** What can be chosen: below, not even a shell would start; above, no machine has as much. */
export const limitBounds = {
  jobMemory: { least: 64 * 1024 ** 2, most: 2 ** 50 },
  jobProcesses: { least: 16, most: 4_194_304 },
  jobCpus: { least: 0.1, most: 8192 },
};

/** Which of them the machine can enforce. */
export interface JobLimitKinds {
  memory: boolean;
  processes: boolean;
  cpu: boolean;
}

/** The limits of jobs on this machine: part of what `GET /api/commands` answers. */
export interface JobLimitFacts {
  enforced: JobLimitKinds;
  /** Why not all of them, and what to do about it, for people. */
  lack?: string;
  advice?: string;
  /** The same, to be translated; without a command. */
  said?: { lack: Sentence; advice?: Sentence };
  /** Of the next job, where it has one. */
  each: { memoryBytes?: number; processes?: number; cpus?: number };
  /** Of all jobs together. */
  all?: { memoryBytes?: number; processes?: number };
}

/** A limit that a job has reached. */
export interface JobLimitHit {
  limit: "memory" | "processes";
  /** Its own, that of all jobs together, or the machine has no more. */
  of: "job" | "jobs" | "machine";
  /** In bytes, or a number of processes. */
  most?: number;
  /** All of the job ended. Absent: a part of it, or a process could not be started. */
  ended?: true;
}
