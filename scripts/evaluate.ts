/** `npm run evaluate -- --data …`: COCO AP of every decoder layer, with the built app in a headless Chromium or in Node. */
import { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import type { Progress } from '../src/lib/types';
import { runMain, sentence } from './app/answers';
import { findDataset, type Dataset } from './app/dataset';
import { evaluationReport, printEvaluation } from './app/evaluation-report';
import { parseModel } from './app/model-option';
import { adapterOption, jsonOption, modelOption, parseCount, runtimeOption } from './app/options';
import { openRuntime, type RuntimeName } from './app/runtime';
import type { AdapterChoice } from './browser';

interface Options {
  data: string;
  split?: string;
  model: string;
  limit?: number;
  json?: string;
  adapter: AdapterChoice;
  runtime: RuntimeName;
}

function showProgress({ done, total, subject }: Progress): void {
  const line = `${done}/${total} ${subject ?? ''}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(60)}${done === total ? '\n' : ''}`);
  else if (done % 20 === 0 || done === total) console.error(line);
}

/** @returns the exit code: 1 when an image could not be read */
async function evaluate({ data, split, limit, json, adapter, runtime, ...options }: Options): Promise<number> {
  const choice = parseModel(options.model);
  const dataset = await findDataset(data, { split, limit });
  for (const problem of dataset.problems) console.error(problem);
  try {
    return await measure(dataset, choice, { limit, json, adapter, runtime });
  } finally {
    dataset.dispose();
  }
}

async function measure(
  dataset: Dataset,
  choice: ReturnType<typeof parseModel>,
  {
    limit,
    json,
    ...where
  }: Pick<Options, 'adapter' | 'runtime'> & { limit: number | undefined; json: string | undefined },
): Promise<number> {
  const app = await openRuntime(where);
  try {
    const model = await app.load(choice);
    console.error(`${model.name} on ${app.device.adapter}`);
    const result = await app.evaluate({ ...dataset, limit }, showProgress);
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
  .addOption(runtimeOption())
  .action((options: Options) => runMain(() => evaluate(options)));

await program.parseAsync();
