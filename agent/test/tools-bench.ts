/** What the tests of tools share: a directory of their own, and a call as the tool runner makes it. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createTools } from "../server/tools/builtin";
import { testJobs } from "./processes-bench";
import type { Need, Tool, ToolContext, ToolResult } from "../server/tools/tool";

export class ToolBench implements Disposable {
  readonly cwd = realpathSync(mkdtempSync(join(tmpdir(), "rein-tools-")));
  readonly controller = new AbortController();
  readonly context: ToolContext;
  /** What the last call has shown so far. */
  shown = "";

  constructor() {
    this.context = {
      cwd: this.cwd,
      sessionId: "session",
      runId: "run",
      toolCallId: "call",
      jobs: testJobs(),
      output: (text) => void (this.shown += text),
      emit: () => Promise.reject(new Error("these tools have no events of their own")),
    };
  }

  /** Validates and runs a call. What it shows and what it returns is joined, as the runner does. */
  async call(name: string, input: unknown): Promise<{ text: string; diff: string | undefined }> {
    const tool = toolNamed(name);
    this.shown = "";
    const result: ToolResult = await tool.run(
      tool.input.parse(input),
      this.context,
      this.controller.signal,
    );
    return { text: this.shown + (result.output ?? ""), diff: result.diff };
  }

  /** The error of a call that has to fail. */
  async failure(name: string, input: unknown): Promise<unknown> {
    return this.call(name, input).then(
      ({ text }) => Promise.reject(new Error(`it did not fail: ${text}`)),
      (error: unknown) => error,
    );
  }

  async needs(name: string, input: unknown): Promise<Need | undefined> {
    const tool = toolNamed(name);
    return tool.needs(tool.input.parse(input), this.context);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(this.cwd, path)), { recursive: true });
    await writeFile(join(this.cwd, path), content);
  }

  read(path: string): Promise<string> {
    return readFile(join(this.cwd, path), "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.cwd, { recursive: true, force: true });
  }
}

function toolNamed(name: string): Tool {
  return createTools().find((tool) => tool.name === name)!;
}
