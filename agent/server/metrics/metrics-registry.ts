/** Counters, gauges and histograms, and Prometheus' text format (0.0.4) of all of them. */

type Labels = Record<string, string | number>;

/** A line: what follows the name of its family. */
type Sample = [suffix: string, labels: Labels, value: number];

interface Family {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  samples: () => Sample[];
}

/**
 * By hand, in the place of prom-client: that brings OpenTelemetry's API and t-digest along.
 */
export class MetricsRegistry {
  readonly #families: Family[] = [];

  /** The values of labels must be few: never an id, a title or a path. */
  counter(name: string, help: string): (labels: Labels, by?: number) => void {
    const values = new Map<string, { labels: Labels; value: number }>();
    const samples = () =>
      [...values.values()].map(({ labels, value }): Sample => ["", labels, value]);
    this.#families.push({ name, help, type: "counter", samples });
    return (labels, by = 1) => {
      const key = JSON.stringify(labels);
      const entry = values.get(key) ?? { labels, value: 0 };
      values.set(key, { labels, value: entry.value + by });
    };
  }

  /** Read when the text is made. */
  gauge(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.#families.push({ name, help, type: "gauge", samples: () => [["", labels, read()]] });
  }

  /** `bounds`: the upper bound of each bucket, ascending; the one without a bound comes by itself. */
  histogram(name: string, help: string, bounds: number[]): (value: number) => void {
    const counts = bounds.map(() => 0);
    let count = 0;
    let sum = 0;
    const samples = (): Sample[] => [
      ...bounds.map((le, at): Sample => ["_bucket", { le }, counts[at]!]),
      ["_bucket", { le: "+Inf" }, count],
      ["_sum", {}, sum],
      ["_count", {}, count],
    ];
    this.#families.push({ name, help, type: "histogram", samples });
    return (value) => {
      count++;
      sum += value;
      for (const [at, bound] of bounds.entries()) if (value <= bound) counts[at]!++;
    };
  }

  text(): string {
    return this.#families.map(textOf).join("");
  }
}

function textOf({ name, help, type, samples }: Family): string {
  const lines = samples().map(
    ([suffix, labels, value]) => `${name}${suffix}${list(labels)} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function list(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(`${value}`)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
