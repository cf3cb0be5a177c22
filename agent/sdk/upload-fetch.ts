/** A request that sends a file and says how much of it has gone out: `fetch` alone does not. */

/** `sent`: bytes of the content that were given to the network so far. */
export type OnProgress = (sent: number) => void;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Resolves with the answer, as `fetch` does; rejects with the signal's reason, or an Error when the server cannot be reached.
 * In a browser by XMLHttpRequest: none of the three engines streams a request's body over HTTP/1.1. Elsewhere the content is a
 * stream that is counted as it is read.
 */
export function fetchCounted(
  fetch: Fetch,
  url: string,
  init: RequestInit & { body: Blob; signal: AbortSignal },
  onProgress: OnProgress,
): Promise<Response> {
  if (typeof XMLHttpRequest !== "undefined") return sendByXhr(url, init, onProgress);
  let sent = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      controller.enqueue(piece);
      onProgress((sent += piece.byteLength));
    },
  });
  const body = init.body.stream().pipeThrough(counting, { signal: init.signal });
  return fetch(url, { ...init, body, duplex: "half" } as RequestInit);
}

function sendByXhr(
  url: string,
  { method = "POST", headers, body, signal }: RequestInit & { body: Blob; signal: AbortSignal },
  onProgress: OnProgress,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
      reject(signal.reason);
    };
    request.open(method, url);
    request.responseType = "arraybuffer";
    new Headers(headers).forEach((value, name) => request.setRequestHeader(name, value));
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
    request.addEventListener("load", () => resolve(answerOf(request)));
    request.addEventListener("error", () => reject(new TypeError("The upload’s connection broke")));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    signal.addEventListener("abort", abort);
    request.send(body);
  });
}

function answerOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return new Response(request.response as ArrayBuffer, { status: request.status, headers });
}
