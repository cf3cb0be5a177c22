/**
 * Many viewers of one session at one node, in a process of its own: `bun crowd.ts ORDER` prints, as one line of JSON, what they
 * received and how much later than a viewer at the owner.
 */
import type { Socket } from "bun";
import { figures, now } from "../../bench/statistics";

export interface CrowdOrder {
  owner: { host: string; port: number };
  crowd: { host: string; port: number };
  path: string;
  token: string;
  viewers: number;
  /** How long the measurement takes, once all are connected. */
  forMs: number;
}

export interface CrowdReport {
  /** Events a second: of the one at the owner, and of the slowest of the crowd. */
  made: number;
  slowest: number;
  p50: number;
  p99: number;
}

interface Viewer {
  rest: string;
  seq: number;
  onData: () => void;
}

/** Connections opened at the same time: a listener's backlog is short. */
const atOnce = 100;
/** An id with the `"seq":` before it may be cut in two. */
const restLength = 40;

if (import.meta.main)
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as CrowdOrder)));

async function measure(order: CrowdOrder): Promise<CrowdReport> {
  const made = new Map<number, number>();
  const came: { viewer: number; at: number; seq: number }[] = [];
  const owner = await connect(order.owner, order, (seq) => made.set(seq, now()));
  const crowd: Socket<Viewer>[] = [];
  while (crowd.length < order.viewers) {
    const count = Math.min(atOnce, order.viewers - crowd.length);
    const first = crowd.length;
    crowd.push(
      ...(await Promise.all(
        Array.from({ length: count }, (_, index) =>
          connect(order.crowd, order, (seq) =>
            came.push({ viewer: first + index, at: now(), seq }),
          ),
        ),
      )),
    );
  }
  const begin = Math.max(owner.data.seq, ...crowd.map(({ data }) => data.seq));
  const begunAt = now();
  await Bun.sleep(order.forMs);
  const end = owner.data.seq;
  const tookMs = now() - begunAt;
  while (crowd.some(({ data }) => data.seq < end)) {
    if (now() - begunAt > tookMs * 3) throw new Error("A viewer of the crowd does not come along.");
    await Bun.sleep(5);
  }
  const last = Math.max(...crowd.map(({ data: { seq } }) => seq));
  const doneMs = now() - begunAt;
  for (const socket of [owner, ...crowd]) socket.terminate();
  if (last < end) throw new Error("The crowd has less than the owner's viewer.");
  const delays = came
    .filter(({ seq }) => seq > begin && seq <= end)
    .map(({ at, seq }) => at - (made.get(seq) ?? at));
  const { p50, p99 } = figures(delays);
  const all = end - begin;
  return { made: (all * 1000) / tookMs, slowest: (all * 1000) / doneMs, p50, p99 };
}

async function connect(
  { host, port }: { host: string; port: number },
  { path, token }: CrowdOrder,
  onSeq: (seq: number) => void,
): Promise<Socket<Viewer>> {
  const first = Promise.withResolvers<void>();
  const socket = await Bun.connect<Viewer>({
    hostname: host,
    port,
    data: { rest: "", seq: 0, onData: first.resolve },
    socket: {
      data(socket, bytes) {
        const viewer = socket.data;
        const received = viewer.rest + bytes.toString("latin1");
        for (const [, digits] of received.matchAll(/"seq":(\d{10,})\}\n\n/g)) {
          const seq = Number(digits);
          if (seq <= viewer.seq) continue;
          viewer.seq = seq;
          onSeq(seq);
          viewer.onData();
        }
        viewer.rest = received.slice(-restLength);
      },
    },
  });
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  );
  await first.promise;
  return socket;
}
