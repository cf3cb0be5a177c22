/** One of the two installed services, inside the virtual machine: how it is installed, asked, and spoken to. */
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRein, type Rein } from "../../sdk/create-rein";
import { untilAsync } from "../within";

export interface Installed {
  user: "ada" | "bob";
  /** Of the user's own manager, or of the system's. */
  manager: "user" | "system";
  port: number;
}

/** As ada's own, and for bob by the system's manager. */
export const ada: Installed = { user: "ada", manager: "user", port: 3000 };
export const bob: Installed = { user: "bob", manager: "system", port: 3001 };

export function sh(command: string): string {
  const { success, stdout, stderr } = Bun.spawnSync(["sh", "-c", command], { stdin: "ignore" });
  if (success) return stdout.toString();
  throw new Error(`${command}: ${stdout.toString()}${stderr.toString()}`);
}

/** As this user, whose manager can be reached. */
export function as(user: Installed["user"], command: string): string {
  const id = sh(`id -u ${user}`).trim();
  const environment = `HOME=/home/${user} XDG_RUNTIME_DIR=/run/user/${id} DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/${id}/bus`;
  return sh(`runuser -u ${user} -- env ${environment} sh -c '${command}'`);
}

export function systemctl({ user, manager }: Installed, command: string): string {
  return manager === "user" ? as(user, `systemctl --user ${command}`) : sh(`systemctl ${command}`);
}

/** By the commands of the unit's header. */
export function install(one: Installed, settings: string[]): void {
  if (one.manager === "user") {
    sh(`loginctl enable-linger ${one.user}`);
    as(one.user, "install -D /opt/rein/rein ~/.local/bin/rein");
    as(one.user, "install -Dm644 /opt/rein/rein.service ~/.config/systemd/user/rein.service");
  } else {
    sh("install /opt/rein/rein /usr/local/bin/rein");
    sh("install -Dm644 /opt/rein/rein.service /etc/systemd/system/rein.service");
  }
  addSettings(one, "test", [...settings, `Environment=PORT=${one.port}`]);
  systemctl(one, "daemon-reload");
  systemctl(one, "enable --now rein");
}

/** What `systemctl edit` does. */
export function addSettings(one: Installed, name: string, lines: string[]): void {
  const file = join(unitFolder(one), `rein.service.d/${name}.conf`);
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, ["[Service]", ...lines, ""].join("\n"));
}

export function unitFolder({ user, manager }: Installed): string {
  return manager === "user" ? `/home/${user}/.config/systemd/user` : "/etc/systemd/system";
}

/** A property, as systemd has it. */
export function property(one: Installed, name: string): string {
  return systemctl(one, `show rein --value -p ${name}`).trim();
}

export function client({ user, port }: Installed): Rein {
  const credential = readFileSync(`/home/${user}/.rein/token`, "utf8").trim();
  return createRein({ url: `http://127.0.0.1:${port}`, credential });
}

/** Resolves once systemd has it active, after so many restarts. */
export async function active(one: Installed, restarts: number): Promise<void> {
  const state = () => [property(one, "ActiveState"), property(one, "NRestarts")];
  const wanted = ["active", String(restarts)];
  for (let turn = 0; turn < 3; turn++)
    try {
      return await untilAsync(
        () => Promise.resolve(String(state()) === String(wanted)),
        () => `the service ${wanted.join(", ")}; it is ${state().join(", ")}`,
      );
    } catch (error) {
      // One wait is as long as the watchdog.
      if (turn === 2) throw error;
    }
}
