/** The reward of every layer at every step of a run: what the curves need of a log.jsonl, small enough to be kept in the repository. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** [layer, from 1][step, from 1], as the log has it: a mean over the rollouts, or over the path without noise where nothing is sampled. */
export type RewardsOfRun = number[][];

interface LoggedStep {
  layers: { layer: number; reward: number }[];
}

const DIGITS = 4;

/** @param log the text of a log.jsonl, a step a line */
export function rewardsOfLog(log: string): RewardsOfRun {
  const steps = log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LoggedStep);
  const layers = steps[0]?.layers.length ?? 0;
  return Array.from({ length: layers }, (_, at) =>
    steps.map(({ layers: logged }) => Number(logged[at]!.reward.toFixed(DIGITS))),
  );
}

/** The rewards kept with a run; taken from its log and kept at the first call. Null where there is neither. */
export function keptRewards(folder: string): RewardsOfRun | null {
  const kept = join(folder, 'rewards.json');
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as RewardsOfRun;
  const log = join(folder, 'log.jsonl');
  if (!existsSync(log)) return null;
  const rewards = rewardsOfLog(readFileSync(log, 'utf8'));
  writeFileSync(kept, `${JSON.stringify(rewards)}\n`);
  return rewards;
}
