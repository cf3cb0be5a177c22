/** The sound of a notification. */

const gain = 0.08;
/** Two notes, each by its frequency in Hz and when it begins and ends, in seconds. */
const notes = [
  { frequency: 659, from: 0, to: 0.18 },
  { frequency: 880, from: 0.14, to: 0.45 },
];

/** Resolves when it has been played, or with nothing heard where the browser allows a page no sound before its first click. */
export async function playTone(): Promise<void> {
  const context = new AudioContext();
  try {
    if (context.state !== "running") await context.resume();
    await Promise.all(notes.map((note) => playNote(context, note)));
  } finally {
    await context.close();
  }
}

function playNote(context: AudioContext, { frequency, from, to }: (typeof notes)[number]) {
  const start = context.currentTime;
  const oscillator = new OscillatorNode(context, { frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, start + from);
  volume.gain.linearRampToValueAtTime(gain, start + from + 0.02);
  volume.gain.linearRampToValueAtTime(0, start + to);
  oscillator.connect(volume).connect(context.destination);
  const { promise, resolve } = Promise.withResolvers<void>();
  oscillator.addEventListener("ended", () => resolve());
  oscillator.start(start + from);
  oscillator.stop(start + to);
  return promise;
}
