/** `npm run bench`: how fast it is, beside onnxruntime-web and TF.js, in one browser and one run. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runMain } from './app/answers';
import { ROOT } from './app/build';
import { jsonOption, parseCount, runtimeOption } from './app/options';
import type { RuntimeName } from './app/runtime';
import { MODELS, type Folders } from './bench/models';
import { printReport, reportOf, writeReport, type Report } from './bench/report';
import { SECTIONS, type Measured, type SectionName } from './bench/sections';
import { openSession, type Session } from './bench/session';
import type { Effort } from './bench/types';

interface Options extends Effort {
  only: SectionName[];
  model: string[];
  quick?: true;
  json?: string;
  shared: string;
  made: string;
  runtime: RuntimeName;
  adapter: 'software' | 'hardware' | 'default';
}

const NAMES = Object.keys(SECTIONS) as SectionName[];
const QUICK = { runs: 3, slowRuns: 1 };

function oneOf<T extends string>(known: readonly T[]): (text: string, before: T[]) => T[] {
  return (text, before) => {
    const found = known.find((name) => name === text);
    if (found === undefined) throw new InvalidArgumentError(`expected one of ${known.join(', ')}.`);
    return [...before, found];
  };
}

/** @throws Error on a software adapter where hardware was asked for */
function requireHardware({ adapter }: Options, measured: string): void {
  if (adapter === 'hardware' && /swiftshader|llvmpipe|lavapipe|warp/i.test(measured))
    throw new Error(`--adapter hardware: the browser's adapter is ${measured}, which computes on the CPU`);
}

const foldersOf = ({ shared, made }: Options): Folders => ({
  weights: resolve(shared, 'weights'),
  made: resolve(made),
});

/** The JSON is written after every section: a long run that fails leaves what it has measured. */
async function measureAll(session: Session, options: Options): Promise<Report> {
  const started = performance.now();
  const all = new Map<SectionName, Measured>();
  const { runs, slowRuns, slowMs, model, quick, json } = options;
  const given = { runs, slowRuns, slowMs, ...(quick ? QUICK : {}), models: model, folders: foldersOf(options) };
  for (const name of options.only.length > 0 ? options.only : NAMES) {
    console.error(`${name} …`);
    const measured = await SECTIONS[name](session, given);
    requireHardware(options, measured.adapter);
    console.log(`\n${name}: ${measured.text}`);
    all.set(name, measured);
    if (json !== undefined) writeReport(json, reportOf(session, all, performance.now() - started));
  }
  return reportOf(session, all, performance.now() - started);
}

async function bench(options: Options): Promise<number> {
  mkdirSync(options.made, { recursive: true });
  const adapter = options.adapter === 'hardware' ? 'default' : options.adapter;
  const session = await openSession(options.runtime, adapter, foldersOf(options));
  try {
    console.log(`\n${printReport(await measureAll(session, options))}`);
    return 0;
  } finally {
    await session.close();
  }
}

const program = new Command('npm run bench --')
  .description(
    'Photo to boxes beside onnxruntime-web, kernels and training steps beside TF.js, growth, and what a plan costs. ' +
      'STEPDETR_BROWSER names the browser where it is not the system’s Chromium.',
  )
  .addOption(
    new Option('--only <SECTION>', `a section (again for another): ${NAMES.join(', ')}`)
      .argParser(oneOf(NAMES))
      .default([], 'all'),
  )
  .addOption(
    new Option(
      '--model <NAME>',
      `a model of the section detection (again for another): ${MODELS.map(({ name }) => name).join(', ')}`,
    )
      .argParser(oneOf(MODELS.map(({ name }) => name)))
      .default([], 'all'),
  )
  .option('--runs <N>', 'warm runs of which the median is taken', parseCount, 20)
  .option('--slow-runs <N>', 'the same for slow engines', parseCount, 3)
  .option('--slow-ms <MS>', 'a run that takes longer is slow', parseCount, 12_000)
  .option('--quick', `only ${QUICK.runs} runs, ${QUICK.slowRuns} of slow engines`)
  .addOption(jsonOption())
  .option('--shared <DIR>', 'the folder that has weights/', resolve(ROOT, '../shared'))
  .option('--made <DIR>', 'where random checkpoints and their ONNX files are', join(tmpdir(), 'stepdetr-bench'))
  .addOption(
    new Option(
      '--adapter <which>',
      "software: Chromium's SwiftShader; hardware: the machine's own GPU and nothing else; default: the browser's choice",
    )
      .choices(['software', 'hardware', 'default'])
      .default('default'),
  )
  .addOption(runtimeOption())
  .action((options: Options) => runMain(() => bench(options)));

await program.parseAsync();
