import { expect, it } from 'vitest';
import { curvesSvg } from './curves';
import { rewardsOfLog } from './rewards';

const log = [1, 2, 3]
  .map((step) => JSON.stringify({ step, layers: [1, 2].map((layer) => ({ layer, reward: step / 3 + layer })) }))
  .join('\n');

it('takes the reward of every layer at every step from a log', () => {
  expect(rewardsOfLog(`${log}\n`)).toEqual([
    [1.3333, 1.6667, 2],
    [2.3333, 2.6667, 3],
  ]);
});

it('draws a panel for each layer and a line for each kind of run', async () => {
  const svg = await curvesSvg(
    ['supervised', 'grpo'].map((label) => ({ label, seed: 1, rewards: rewardsOfLog(log) })),
    ['supervised', 'grpo'],
  );
  expect(svg).toContain('layer 1');
  expect(svg).toContain('layer 2');
  expect(svg.match(/aria-roledescription="line mark"/g)).toHaveLength(4);
  expect(svg).not.toContain('NaN');
});
