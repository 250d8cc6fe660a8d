/**
 * `npm run random-checkpoint -- NAME --out DIR`: a checkpoint of a published model's full size with random weights, for measuring
 * time and memory where the hub cannot be reached.
 */
import { Argument, Command } from 'commander';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { runMain } from './app/answers';
import { ROOT } from './app/build';
import { parseCount } from './app/options';
import type { randomCheckpoint } from './random-checkpoint/models';

const NAMES = ['rtdetr_r18vd', 'detr-resnet-50'];

async function write(name: string, { out, seed }: { out: string; seed: number }): Promise<number> {
  const vite = await createServer({
    root: ROOT,
    server: { middlewareMode: true, hmr: false, ws: false },
    logLevel: 'warn',
  });
  try {
    const models = await vite.ssrLoadModule('/scripts/random-checkpoint/models.ts');
    const files = (models as { randomCheckpoint: typeof randomCheckpoint }).randomCheckpoint(name, seed);
    mkdirSync(out, { recursive: true });
    for (const [file, content] of files) writeFileSync(join(out, file), content);
    console.log(`${out}: ${[...files.keys()].join(', ')}`);
    return 0;
  } finally {
    await vite.close();
  }
}

const program = new Command('npm run random-checkpoint --')
  .description('Writes a checkpoint of a published model’s size with random weights.')
  .addArgument(new Argument('<name>', 'which model').choices(NAMES))
  .requiredOption('--out <DIR>', 'where to')
  .option('--seed <N>', 'the same seed gives the same weights', parseCount, 1)
  .action((name: string, options: { out: string; seed: number }) => runMain(() => write(name, options)));

await program.parseAsync();
