/** The server as `rein` starts it in the background from a checkout: as `bun start`, with its log kept below a size. */
import { keepLogShort } from "./cut-log";

keepLogShort();
await import("./start");
