/**
 * Writes public/samples/detections.json: what the embedded model says of the shipped photos, shown until it has been loaded.
 * Run after a change of the model or of the samples: `npm run samples`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { SAMPLES, sampleFile, type StoredDetections } from '../src/state/samples';
import { runMain, valueOf } from './app/answers';
import { openApp, type AppPage } from './app/app-page';
import { ROOT } from './app/build';

const FOLDER = join(ROOT, 'public/samples');
const INPUT = 'samples';
/** Fainter pairs are never shown: the score slider ends above. */
const LEAST_SCORE = 0.02;

async function detect({ page, model }: AppPage, index: number): Promise<StoredDetections> {
  const answer = await page.evaluate(
    async ([id, at, least]) => {
      const file = (document.getElementById(id) as HTMLInputElement).files![at]!;
      const found = await window.stepdetr!.detect(file);
      if (!found.ok) return found;
      const { model: name, width, height, layers } = found.value;
      const short = (value: number): number => Number(value.toFixed(4));
      const stored = layers.map(({ layer, boxes, query, label, score }) => {
        const count = score.findIndex((value) => value < least);
        const some = <T extends Int32Array | Float32Array>(values: T): number[] =>
          Array.from(values).slice(0, count < 0 ? undefined : count);
        const rows = Array.from({ length: boxes.length / 4 }, (_, q) =>
          Array.from(boxes.subarray(q * 4, q * 4 + 4), short),
        );
        return { layer, boxes: rows, query: some(query), label: some(label), score: some(score).map(short) };
      });
      return { ok: true as const, value: { model: name, width, height, layers: stored } };
    },
    [INPUT, index, LEAST_SCORE] as const,
  );
  return { ...valueOf(answer), classes: model.classes };
}

await runMain(async () => {
  const app = await openApp('software');
  try {
    await app.giveFiles(
      INPUT,
      SAMPLES.map((name) => join(FOLDER, sampleFile(name))),
    );
    const stored: Record<string, StoredDetections> = {};
    for (const [index, name] of SAMPLES.entries()) stored[sampleFile(name)] = await detect(app, index);
    writeFileSync(
      join(FOLDER, 'detections.json'),
      await format(JSON.stringify(stored), { parser: 'json', printWidth: 100_000 }),
    );
    return 0;
  } finally {
    await app.close();
  }
});
