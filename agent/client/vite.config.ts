/** How the web client is built: from agent/client into agent/dist, for every browser of the last two and a half years. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";

/**
 * The oldest browsers that the page runs in, as [major, minor]: scripts and style sheets are lowered to them. The library
 * that they have is the one in tsconfig.json, which refuses what is newer.
 */
const browsers = { chrome: [125, 0], firefox: [128, 0], safari: [17, 5] } as const;

/** Mermaid as one file, taken as it is: the whole package is 200 MB, and takes seconds to bundle. */
const mermaid = createRequire(import.meta.url).resolve("@mermaid-js/tiny");
const frame = fileURLToPath(new URL("markdown/diagram-frame.ts", import.meta.url));
const worker = fileURLToPath(new URL("worker/service-worker.ts", import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [solid(), diagramDocument(), keepWoff2(), orderLayers(), serviceWorker(), precompress()],
  css: {
    transformer: "lightningcss",
    lightningcss: {
      drafts: { customMedia: true },
      // Each version in one number: the major one in the upper bytes, then the minor one.
      targets: mapVersions(([major, minor]) => (major << 16) | (minor << 8)),
    },
  },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    // For the style sheets too, which keeps light-dark() as it is written: lowering it would need a scheme known at build time.
    target: Object.entries(browsers).map(([name, version]) => `${name}${version.join(".")}`),
    // The polyfill is an inline script, which the page's policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // What the first page needs as one file, which compresses better than one for each set of other files that need it too.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "page", tags: ["$initial"] }] } },
    },
  },
});

function mapVersions<T>(to: (version: readonly [number, number]) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(browsers).map(([name, version]) => [name, to(version)]));
}

/** Of a font in three formats, the one that all these browsers read: the others are 40 files and 0.8 MB of the build. */
function keepWoff2(): Plugin {
  return {
    name: "keep-woff2",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith(".css")) return undefined;
      return code.replaceAll(/, *url\([^()]*\.(?:woff|ttf)\) format\("\w+"\)/g, "");
    },
  };
}

/** The first style sheet that loads sets the order of the layers, and the bundler decides which one that is. */
function orderLayers(): Plugin {
  return {
    name: "order-layers",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === "asset" && file.fileName.endsWith(".css"))
          file.source = `@layer reset,tokens,base,components;${String(file.source)}`;
    },
  };
}

/** Writes a .gz beside every textual file of the build. Brotli saves 12 % of the first script, and takes 1.4 s of the first start. */
function precompress(): Plugin {
  let folder = "";
  return {
    name: "precompress",
    apply: "build",
    configResolved: ({ root, build }) => void (folder = join(root, build.outDir)),
    async writeBundle() {
      for (const name of await readdir(folder, { recursive: true })) {
        if (!/\.(html|js|css|svg|webmanifest)$/.test(name)) continue;
        const path = join(folder, name);
        await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
      }
    },
  };
}

/**
 * The service worker, with the files that it keeps: the scripts and style sheets of the build, and what lies beside them. The
 * page has loaded them already; fonts and the document of diagrams are kept once they are used. Any change of the build is
 * one of its text, by which browsers know that there is a new one.
 */
function serviceWorker(): Plugin {
  let folder = "";
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    configResolved: ({ publicDir }) => void (folder = publicDir),
    async generateBundle(_options, bundle) {
      const assets = Object.keys(bundle).filter((name) => name.startsWith("assets/"));
      const [built, others] = divide(assets.toSorted(), (name) => /\.(js|css)$/.test(name));
      const beside = (await readdir(folder)).toSorted();
      const texts = await Promise.all(beside.map((name) => readFile(join(folder, name), "base64")));
      const page = bundle["index.html"];
      const source = readFileSync(worker, "utf8");
      const all = [...built, ...texts, page?.type === "asset" ? page.source : "", source];
      const constants = {
        version: hashOf(all.join("\n"), "hex").slice(0, 16),
        files: [...built, ...beside].map((name) => `/${name}`),
        keptWhenUsed: others.map((name) => `/${name}`),
      };
      const head = Object.entries(constants).map(
        ([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`,
      );
      const script = new Bun.Transpiler({ loader: "ts" }).transformSync(source);
      this.emitFile({ type: "asset", fileName: "sw.js", source: head.join("") + script });
    },
  };
}

function divide(names: string[], test: (name: string) => boolean): [string[], string[]] {
  return [names.filter((name) => test(name)), names.filter((name) => !test(name))];
}

/**
 * The document that draws diagrams: one file with Mermaid in it, which needs nothing from anywhere. Its own policy lets its
 * two scripts run, and nothing load. Its address is in `DIAGRAM_DOCUMENT`.
 */
function diagramDocument(): Plugin {
  const html = createDocument();
  const path = `assets/diagram-${hashOf(html, "hex").slice(0, 8)}.html`;
  return {
    name: "diagram-document",
    config: () => ({ define: { DIAGRAM_DOCUMENT: JSON.stringify(`/${path}`) } }),
    generateBundle() {
      this.emitFile({ type: "asset", fileName: path, source: html });
    },
    configureServer({ middlewares }) {
      middlewares.use(`/${path}`, (_request, response) => {
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.end(html);
      });
    },
  };
}

function createDocument(): string {
  const scripts = [
    readFileSync(mermaid, "utf8"),
    new Bun.Transpiler({ loader: "ts" }).transformSync(readFileSync(frame, "utf8")),
  ];
  if (scripts.some((script) => /<\/script/i.test(script)))
    throw new Error("A script of the diagram document would end it: it holds </script.");
  const sources = scripts.map((script) => `'sha256-${hashOf(script, "base64")}'`).join(" ");
  const policy = `default-src 'none'; script-src ${sources}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Diagram</title>`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}"></head><body>`,
    ...scripts.map((script) => `<script>${script}</script>`),
    `</body></html>\n`,
  ].join("");
}

function hashOf(text: string, encoding: "hex" | "base64"): string {
  return createHash("sha256").update(text).digest(encoding);
}
