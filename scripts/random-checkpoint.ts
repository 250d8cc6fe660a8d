/**
 * `npm run random-checkpoint -- NAME --out DIR`: a checkpoint of a published model's full size with random weights, for measuring
 * time and memory where the hub cannot be reached.
 */
import { Argument, Command } from 'commander';
import { runMain } from './app/answers';
import { parseCount } from './app/options';
import { writeRandomCheckpoint } from './random-checkpoint/write';

const NAMES = ['rtdetr_r18vd', 'detr-resnet-50'];

async function write(name: string, { out, seed }: { out: string; seed: number }): Promise<number> {
  const files = await writeRandomCheckpoint(name, out, seed);
  console.log(`${out}: ${files.join(', ')}`);
  return 0;
}

const program = new Command('npm run random-checkpoint --')
  .description('Writes a checkpoint of a published model’s size with random weights.')
  .addArgument(new Argument('<name>', 'which model').choices(NAMES))
  .requiredOption('--out <DIR>', 'where to')
  .option('--seed <N>', 'the same seed gives the same weights', parseCount, 1)
  .action((name: string, options: { out: string; seed: number }) => runMain(() => write(name, options)));

await program.parseAsync();
