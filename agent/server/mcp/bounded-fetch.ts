/** The fetch of MCP servers over HTTP: what one answer brings is bounded, how long it takes is for the call to say. */

/** What one answer may bring at once, and from then on in a second: a stream of notices goes on as long as its session. */
const atOnce = 64_000_000;
const perSecond = 1_000_000;

/** Redirects are the transport's to refuse: it follows none to another origin. */
export async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  // Bun's own time-out of five minutes would cut calls that take longer.
  const response = await fetch(url, { ...init, timeout: false } as RequestInit);
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  return new Response(bounded(response.body), { status, statusText, headers });
}

function bounded(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let allowance = atOnce;
  let allowedAt = performance.now();
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      const now = performance.now();
      const more = ((now - allowedAt) / 1_000) * perSecond;
      allowedAt = now;
      allowance = Math.min(atOnce, allowance + more) - value.length;
      if (allowance >= 0) return controller.enqueue(value);
      const error = new Error("The server sent more than Rein can take.");
      controller.error(error);
      await reader.cancel(error);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
