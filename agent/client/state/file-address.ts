/** An address in this page for the content of an attached file: an `img` or a link could not send the credential. */
import { type Accessor, createEffect, createSignal, onCleanup, untrack } from "solid-js";
import { api, requestTimeout } from "./api-client";
import { filePath } from "./file-path";

/**
 * Undefined until it is loaded; null when it cannot be. It is valid as long as its owner lives. `content`: what this page
 * still has of it, which then is not loaded. `sessionId`: as `filePath`, at the time when it is loaded.
 */
export function createFileAddress(
  hash: Accessor<string>,
  content: Accessor<Blob | undefined>,
  sessionId: Accessor<string | undefined>,
): Accessor<string | null | undefined> {
  const [address, setAddress] = createSignal<string | null>();
  createEffect(() => {
    const path = filePath(hash(), untrack(sessionId));
    let isOver = false;
    let url: string | undefined;
    setAddress(undefined);
    onCleanup(() => {
      isOver = true;
      if (url !== undefined) URL.revokeObjectURL(url);
    });
    loadAddress(path, content()).then(
      (loaded) => {
        if (isOver) return URL.revokeObjectURL(loaded);
        url = loaded;
        setAddress(loaded);
      },
      // Its name and size are shown in its place.
      () => isOver || setAddress(null),
    );
  });
  return address;
}

async function loadAddress(path: string, content: Blob | undefined): Promise<string> {
  if (content !== undefined) return URL.createObjectURL(content);
  const response = await api.download(path, requestTimeout());
  return URL.createObjectURL(await response.blob());
}
