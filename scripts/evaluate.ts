/** `npm run evaluate -- --data …`: COCO AP of every decoder layer, with the built app in a headless Chromium. */
import { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import type { EvaluationResult, Progress } from '../src/lib/types';
import { runMain, sentence, valueOf } from './app/answers';
import { openApp, type AppPage } from './app/app-page';
import { findDataset, type Dataset } from './app/dataset';
import { evaluationReport, printEvaluation } from './app/evaluation-report';
import { loadModel, parseModel } from './app/model-option';
import { adapterOption, jsonOption, modelOption, parseCount } from './app/options';
import type { AdapterChoice } from './browser';

interface Options {
  data: string;
  split?: string;
  model: string;
  limit?: number;
  json?: string;
  adapter: AdapterChoice;
}

const ANNOTATIONS = 'stepdetr-annotations';
const IMAGES = 'stepdetr-images';
/** The page calls this with its progress. */
const PROGRESS = 'stepdetrProgress';

declare global {
  interface Window {
    [PROGRESS]?: (progress: Progress) => Promise<void>;
  }
}

function showProgress({ done, total, subject }: Progress): void {
  const line = `${done}/${total} ${subject ?? ''}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(60)}${done === total ? '\n' : ''}`);
  else if (done % 20 === 0 || done === total) console.error(line);
}

async function evaluateIn({ page }: AppPage, limit: number | undefined): Promise<EvaluationResult> {
  await page.exposeFunction(PROGRESS, showProgress);
  return valueOf(
    await page.evaluate(
      async ([annotationsId, imagesId, most]) => {
        const [annotations] = (document.getElementById(annotationsId) as HTMLInputElement).files!;
        const images = (document.getElementById(imagesId) as HTMLInputElement).files!;
        return window.stepdetr!.evaluate(await annotations!.text(), [...images], {
          ...(most === undefined ? {} : { limit: most }),
          onProgress: (progress) => void window.stepdetrProgress?.(progress),
        });
      },
      [ANNOTATIONS, IMAGES, limit] as const,
    ),
  );
}

/** @returns the exit code: 1 when an image could not be read */
async function evaluate({ data, split, limit, json, adapter, ...options }: Options): Promise<number> {
  const choice = parseModel(options.model);
  const dataset = await findDataset(data, { split, limit });
  for (const problem of dataset.problems) console.error(problem);
  try {
    return await measure(dataset, choice, { limit, json, adapter });
  } finally {
    dataset.dispose();
  }
}

async function measure(
  dataset: Dataset,
  choice: ReturnType<typeof parseModel>,
  { limit, json, adapter }: Pick<Options, 'adapter'> & { limit: number | undefined; json: string | undefined },
): Promise<number> {
  const app = await openApp(adapter);
  try {
    const model = await loadModel(app, choice);
    console.error(`${model.name} on ${app.device.adapter}`);
    await app.giveFiles(ANNOTATIONS, [dataset.annotations]);
    await app.giveFiles(IMAGES, dataset.images);
    const result = await evaluateIn(app, limit);
    for (const failure of result.failures) console.error(sentence(failure));
    console.log(printEvaluation(result));
    if (json !== undefined) writeFileSync(json, JSON.stringify(evaluationReport(result), null, 1));
    return result.failures.length === 0 ? 0 : 1;
  } finally {
    await app.close();
  }
}

const program = new Command('npm run evaluate --')
  .description(
    'COCO AP of every decoder layer. STEPDETR_BROWSER names the browser where it is not the system’s Chromium.',
  )
  .requiredOption(
    '--data <DIR|JSON>',
    'a folder with images and labels (COCO JSON, YOLO or Pascal VOC), or a COCO JSON file',
  )
  .option('--split <NAME>', 'only this split of splits.json, or of the labels themselves')
  .addOption(modelOption())
  .option('--limit <N>', 'only the first N images', parseCount)
  .addOption(jsonOption())
  .addOption(adapterOption())
  .action((options: Options) => runMain(() => evaluate(options)));

await program.parseAsync();
