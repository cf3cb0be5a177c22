/** Files of a message with a real engine: what its model is given of each, and that what it does not take is named to it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pngWith, samples } from "../sample-files";
import { text } from "../upstream/upstream";
import { EngineScene, historyOf, token } from "./engine-lab";
import type { HostileCheck } from "./hostile-checks";
import { lastError } from "./measured-stop";
import type { Check } from "./real-checks";

/** As they came: a GIF is converted for some services. */
const pictures = ["image/png", "image/jpeg", "image/webp"] as const;

export const fileChecks: Record<string, Check> = {
  async "files of a message, and what it mentions"(scene) {
    const notes = token();
    mkdirSync(join(scene.cwd, notes));
    writeFileSync(join(scene.cwd, notes, "a.txt"), "LINE-ONE\nLINE-TWO\nLINE-THREE\n");
    writeFileSync(join(scene.lab.directory, `${notes}.md`), "OUTSIDE-WORD\n");
    const files = await Promise.all([
      ...pictures.map((type) => upload(scene, samples[type], `a.${type.slice(6)}`)),
      upload(scene, samples["application/pdf"], "b.pdf"),
      upload(scene, Buffer.from("TEXT-WORD\n"), "c.txt"),
      upload(scene, Buffer.from("FOLDER-ONE\n"), "src/one.ts"),
      upload(scene, Buffer.from("FOLDER-TWO\n"), "src/deep/two.ts"),
    ]);
    scene.script([text("Seen.")]);
    const words = `SEE @${notes}/a.txt:2-3 @${notes}/ @../${notes}.md`;
    const chat = scene.send(words, { files, permissions: "ask" });
    await scene.begun(chat);
    await chat.ended;
    const body = scene.asked().at(-1)?.body;
    if (body === undefined) throw new Error(lastError(chat.session));
    const told = historyOf(body);
    const lacks = (content: string) => !told.includes(content);
    const base64 = (type: keyof typeof samples) => samples[type].toString("base64");
    const { pdfs } = scene.lab.info(scene.row).gives.takes ?? {};
    const faults = [
      ...pictures.filter((type) => lacks(base64(type))).map((type) => `no ${type}`),
      ...["LINE-TWO", "LINE-THREE", "TEXT-WORD", "FOLDER-ONE", "FOLDER-TWO", "src/deep/two.ts"]
        .filter(lacks)
        .map((word) => `no ${word}`),
      ...["LINE-ONE", "OUTSIDE-WORD"].filter((word) => !lacks(word)),
      ...(pdfs === lacks(base64("application/pdf")) ? [`PDF: ${pdfs}`] : []),
      ...(!pdfs && lacks("b.pdf, 48 bytes: this model takes no PDFs]")
        ? ["the PDF is unnamed"]
        : []),
    ];
    if (faults.length > 0) throw new Error(faults.join(", "));
    return `pictures, texts, a folder, lines of a file; ${pdfs ? "a PDF" : "of a PDF the name"}`;
  },
};

/** Without a sandbox, which has temporary files of its own. */
export const keptFileChecks: Record<string, HostileCheck> = {
  async "a picture of a deleted session is in no file"(lab, row) {
    const scene = new EngineScene(lab, row);
    const name = token();
    const files = [await upload(scene, pngWith(name), "a.png")];
    scene.script([text("Seen.")]);
    const chat = scene.send("SEE", { files });
    await scene.begun(chat);
    await chat.ended;
    if (scene.asked().length === 0) throw new Error(lastError(chat.session));
    await lab.rein.json(`/api/sessions/${scene.id}`, { method: "DELETE" });
    const places = [
      lab.directory,
      ...new Bun.Glob("claude-*").scanSync({ cwd: tmpdir(), onlyFiles: false, absolute: true }),
    ];
    const { stdout } = Bun.spawnSync(["grep", "-rlaF", "--", name, ...places]);
    if (stdout.length > 0) throw new Error(`it is in ${stdout.toString()}`);
    return "in none";
  },
};

async function upload({ lab }: EngineScene, content: Uint8Array<ArrayBuffer>, name: string) {
  const { hash } = await lab.rein.json<{ hash: string }>("/api/files", {
    method: "POST",
    body: content,
  });
  return { hash, name };
}
