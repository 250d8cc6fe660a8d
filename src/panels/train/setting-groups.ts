/** Which settings stand together, and which have no effect with a method. */
import type { TrainMethod, TrainSettings } from '../../lib/train-settings';

export type GroupId = 'run' | 'optimiser' | 'views' | 'policy' | 'reward' | 'kl' | 'distil';
type Name = Exclude<keyof TrainSettings, 'method'>;

export const GROUPS: readonly { id: GroupId; names: readonly Name[] }[] = [
  { id: 'run', names: ['steps', 'batch', 'seed', 'evaluateEvery', 'saveEvery'] },
  {
    id: 'optimiser',
    names: [
      'learningRate',
      'classRate',
      'warmup',
      'finalRate',
      'weightDecay',
      'clipNorm',
      'emaDecay',
      'encoder',
      'clusters',
      'clusterWidth',
      'selection',
      'selectionLoss',
      'newClasses',
      'denoising',
    ],
  },
  { id: 'views', names: ['views', 'flip', 'crop', 'zoomOut', 'colour', 'mosaic'] },
  {
    id: 'policy',
    names: [
      'policy',
      'policyWeight',
      'policyNorm',
      'rollouts',
      'explored',
      'credit',
      'baseline',
      'clip',
      'epochs',
      'eta',
      'logStd',
      'logStdMin',
      'logStdMax',
    ],
  },
  { id: 'reward', names: ['reward', 'tau', 'alpha', 'gamma', 'delta', 'discount'] },
  { id: 'kl', names: ['betaGt', 'betaRef', 'refScale', 'refQueries'] },
  { id: 'distil', names: ['distilClass', 'distilBox', 'distilDense', 'distilMemory'] },
];

/** Rewards are recorded whatever the method; they are learnt from only in reinforcement learning. */
export function groupsFor(method: TrainMethod): typeof GROUPS {
  const unused: GroupId[] =
    method === 'distil' ? ['policy', 'kl'] : method === 'supervised' ? ['policy', 'distil'] : ['distil'];
  return GROUPS.filter(({ id }) => !unused.includes(id));
}

/** The problem that is said of one setting, without its name. */
export function problemOf(problems: readonly string[], name: string): string | undefined {
  return problems.find((problem) => problem.startsWith(`${name}: `))?.slice(name.length + 2);
}
