/**
 * The server's log, for its operator: JSON lines on standard error, or readable ones where that is a terminal.
 * What is logged names sessions, runs and causes; never a key, a token, or what people and models wrote.
 */
import type { Level, LevelWithSilent, Logger } from "pino";

export type LogLevel = LevelWithSilent;

/** The gravest first; "silent" logs nothing. */
export const logLevels: readonly LogLevel[] = [
  "fatal",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "silent",
];

type Line = [message: string] | [facts: object, message: string];

/** Never throws. `log.level` is set at the start (REIN_LOG). An error goes under `err`: `log.error({ err }, "The job failed")`. */
export const log = {
  level: "info" as LogLevel,
  error: (...line: Line) => write("error", line),
  warn: (...line: Line) => write("warn", line),
  info: (...line: Line) => write("info", line),
  debug: (...line: Line) => write("debug", line),
};

function write(level: Level, [first, message]: Line): void {
  if (log.level === "silent" || logLevels.indexOf(level) > logLevels.indexOf(log.level)) return;
  try {
    logger()[level](first, message);
  } catch {
    return; // it cannot be loaded or written: a line that is lost must not end the server
  }
}

let opened: Logger | undefined;

/** Loaded with the first line, or after the start: that takes 20 ms, which no start waits for. */
export function logger(): Logger {
  return (opened ??= open());
}

function open(): Logger {
  const { pino, stdSerializers } = require("pino") as typeof import("pino");
  return pino(
    {
      level: "trace",
      base: undefined,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
    },
    // Written synchronously: the last line before an exit is not lost.
    process.stderr.isTTY ? readable() : pino.destination({ dest: 2, sync: true }),
  );
}

function readable() {
  const pretty = require("pino-pretty") as typeof import("pino-pretty");
  return pretty({ destination: 2, sync: true, singleLine: true, translateTime: "SYS:HH:MM:ss" });
}
