/** A virtual machine whose serial line is read; it is ended by its pid, whatever happens. */
import type { Need } from "../system-packages";
import type { Disk } from "./service-disk";

export const emulatorNeed: Need = {
  name: "QEMU",
  packages: ["qemu-system-x86"],
  isThere: () => Bun.which("qemu-system-x86_64") !== null,
};

/** The lines of its serial line as they come, until it has switched itself off, or `signal` aborts. */
export async function* boot(
  { image, kernel, initialRoot }: Disk,
  accelerator: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const child = Bun.spawn(
    [
      "qemu-system-x86_64",
      "-accel",
      accelerator,
      "-cpu",
      "max",
      "-smp",
      "2",
      "-m",
      "2500",
      "-nographic",
      "-nic",
      "none",
      "-kernel",
      kernel,
      "-initrd",
      initialRoot,
      "-drive",
      `file=${image},if=virtio,format=raw`,
      "-append",
      "edd=off console=ttyS0 panic=-1 quiet systemd.show_status=0",
    ],
    { stdin: "ignore", stdout: "pipe", stderr: "inherit" },
  );
  const end = () => child.kill("SIGKILL");
  signal.addEventListener("abort", end);
  try {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of child.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
    await child.exited;
  }
}
