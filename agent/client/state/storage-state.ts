/** Whether the server can save, and what its last start found to be missing, as its streams say. */
import { createSignal, type Accessor } from "solid-js";
import type { StorageChanged } from "../../shared/protocol";

export type StorageFacts = Omit<StorageChanged, "type">;

export interface StorageState {
  facts: Accessor<StorageFacts>;
  set: (facts: StorageFacts) => void;
}

export function createStorageState(): StorageState {
  const [facts, set] = createSignal<StorageFacts>({});
  return { facts, set };
}
