/**
 * `npm run frames`: whether the page stays at 60 frames a second while it teaches a detector. Frame times and long tasks of the
 * main thread in each view of a run, as a table and as JSON. Late frames have other causes too (a software GPU shares the
 * processor with the page); "own" is the processor time of the page's tasks themselves, which they do not change.
 */
import { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runMain } from './app/answers';
import { openApp, type AppPage } from './app/app-page';
import { ROOT } from './app/build';
import { adapterOption, jsonOption, parseCount } from './app/options';
import type { AdapterChoice } from './browser';
import { addLabelled, showView, startRun, VIEWS } from './frames/drive';
import { installRecorder } from './frames/page-recorder';
import { framesTable, viewFrames, type ViewFrames } from './frames/summary';
import { CATEGORIES, mainThreadTasks } from './frames/trace';

interface Options {
  seconds: number;
  photos: number;
  data: string;
  adapter: AdapterChoice;
  json?: string;
}

/** Steps before the first view is looked at: every chart has a line by then. */
const FIRST_STEPS = 2;

async function record({ page }: AppPage, view: string, seconds: number): Promise<ViewFrames> {
  const browser = page.context().browser()!;
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.evaluate(() => window.frameRecorder!.begin());
  // The change of views is part of what is looked at.
  await showView(page, view);
  await page.waitForTimeout(seconds * 1000);
  const recording = await page.evaluate(() => window.frameRecorder!.end());
  const trace = await browser.stopTracing();
  return viewFrames(view, seconds, recording, mainThreadTasks(trace.toString()));
}

async function frames({ seconds, photos, data, adapter, json }: Options): Promise<number> {
  const app = await openApp(adapter);
  try {
    await app.page.evaluate(installRecorder);
    await addLabelled(app.page, data, photos);
    await startRun(app.page, FIRST_STEPS);
    const views: ViewFrames[] = [];
    for (const view of VIEWS) {
      console.error(`${view} …`);
      views.push(await record(app, view, seconds));
    }
    console.log(`${app.device.adapter}, milliseconds\n${framesTable(views)}`);
    for (const { view, scripts } of views)
      for (const { ms, what } of scripts) console.log(`${view}: ${ms.toFixed(0)} ms in ${what}`);
    if (json !== undefined) writeFileSync(json, JSON.stringify({ adapter: app.device.adapter, views }, null, 2));
    return views.some(({ own }) => own.count > 0) ? 1 : 0;
  } finally {
    await app.close();
  }
}

const program = new Command('frames')
  .description(
    'Frame times and long tasks of the page while it fine-tunes; exit code 1 when a task itself takes over 50 ms.',
  )
  .option('--seconds <count>', 'to stay in each view', parseCount, 8)
  .option('--photos <count>', 'labelled photos to learn from', parseCount, 8)
  .option(
    '--data <folder>',
    'folder with images/*.jpg and annotations/*.xml',
    resolve(ROOT, '../shared/datasets/raccoon'),
  )
  .addOption(adapterOption())
  .addOption(jsonOption());

await runMain(() => frames({ ...program.parse().opts<Options>(), data: resolve(program.opts<Options>().data) }));
