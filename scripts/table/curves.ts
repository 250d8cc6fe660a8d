/** Reward curves of the table's runs as SVG, drawn by Vega-Lite: a panel a layer, a colour a kind of run. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { RewardsOfRun } from './rewards';

export interface Curve {
  /** As the legend says. */
  label: string;
  seed: number;
  rewards: RewardsOfRun;
}

interface Point {
  label: string;
  seed: number;
  layer: string;
  step: number;
  reward: number;
}

/** Steps on either side of one that its mean takes: a batch of four images is a noisy estimate. */
const REACH = 7;
/** Okabe and Ito's colours: told apart by colour-blind readers. */
const COLOURS = ['#000000', '#0072b2', '#d55e00', '#009e73', '#cc79a7'];

function pointsOf({ label, seed, rewards }: Curve): Point[] {
  return rewards.flatMap((steps, at) =>
    steps.map((reward, step) => ({ label, seed, layer: `layer ${at + 1}`, step: step + 1, reward })),
  );
}

function specOf(curves: readonly Curve[], labels: readonly string[]): TopLevelSpec {
  const colour = {
    field: 'label',
    type: 'nominal',
    scale: { domain: [...labels], range: COLOURS },
    legend: {
      title: null,
      orient: 'top',
      symbolType: 'stroke',
      symbolOpacity: 1,
      symbolStrokeWidth: 2,
      labelLimit: 240,
    },
  } as const;
  const x = { field: 'step', type: 'quantitative', title: 'step' } as const;
  return {
    background: 'white',
    data: { values: curves.flatMap(pointsOf) },
    transform: [
      {
        window: [{ op: 'mean', field: 'reward', as: 'smooth' }],
        frame: [-REACH, REACH],
        sort: [{ field: 'step' }],
        groupby: ['label', 'seed', 'layer'],
      },
      {
        aggregate: [
          { op: 'mean', field: 'smooth', as: 'mean' },
          { op: 'min', field: 'smooth', as: 'low' },
          { op: 'max', field: 'smooth', as: 'high' },
        ],
        groupby: ['label', 'layer', 'step'],
      },
    ],
    facet: { column: { field: 'layer', type: 'nominal', title: null } },
    spec: {
      width: 230,
      height: 170,
      layer: [
        {
          mark: { type: 'area', opacity: 0.12 },
          encoding: { x, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' }, color: colour },
        },
        {
          mark: { type: 'line', strokeWidth: 1.5 },
          encoding: {
            x,
            y: { field: 'mean', type: 'quantitative', title: 'reward', scale: { zero: false } },
            color: colour,
          },
        },
      ],
    },
  };
}

/** @returns an SVG document; every curve is a mean over the seeds of running means, in a band from the lowest to the highest seed */
export async function curvesSvg(curves: readonly Curve[], labels: readonly string[]): Promise<string> {
  const view = new View(parse(compile(specOf(curves, labels)).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
