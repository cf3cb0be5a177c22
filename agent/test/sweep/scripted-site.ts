/** The website of the sweep: each of its pages comes in two pieces with a moment between them, so that an intervention meets it open. */

export interface ScriptedSite extends Disposable {
  origin: string;
  /** How many answers are not finished and not given up. */
  open(): number;
}

/** Serves every path until it is disposed: one that ends with .html as a page, others as text. */
export function startScriptedSite(): ScriptedSite {
  let open = 0;
  const service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request) {
      const isPage = new URL(request.url).pathname.endsWith(".html");
      const [first, second] = isPage
        ? ["<title>A page</title><p>The page has", " two pieces.</p>"]
        : ["The text has", " two pieces."];
      open++;
      let isOver = false;
      const end = () => {
        if (!isOver) open--;
        isOver = true;
      };
      const body = new ReadableStream<string>({
        start(controller) {
          controller.enqueue(first);
          setTimeout(() => {
            if (isOver) return;
            end();
            controller.enqueue(second);
            controller.close();
          }, 20);
        },
        cancel: end,
      });
      return new Response(body, {
        headers: { "Content-Type": isPage ? "text/html" : "text/plain" },
      });
    },
  });
  return {
    origin: service.url.origin,
    open: () => open,
    [Symbol.dispose]: () => void service.stop(true),
  };
}
