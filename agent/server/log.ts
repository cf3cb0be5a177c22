/**
 * The server's log, for its operator: JSON lines on standard error, or readable ones where that is a terminal.
 * What is logged names sessions, runs and causes; never a key, a token, or what people and models wrote.
 */
import { type DestinationStream, type LevelWithSilent, pino, stdSerializers } from "pino";

export type LogLevel = LevelWithSilent;

/** `log.level` is set at the start (REIN_LOG). An error goes under `err`: `log.error({ err }, "The job failed")`. */
export const log = pino(
  {
    level: "info",
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: stdSerializers.err },
  },
  await destination(),
);

/** Standard error, written synchronously: the last line before an exit is not lost. */
async function destination(): Promise<DestinationStream> {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true });
  const { default: pretty } = await import("pino-pretty");
  return pretty({ destination: 2, sync: true, singleLine: true, translateTime: "SYS:HH:MM:ss" });
}
