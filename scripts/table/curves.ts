/** Reward curves of the table's runs as SVG, drawn by Vega-Lite: a panel a layer, a colour a method. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { RewardsOfRun } from './rewards';

export interface Curve {
  method: string;
  seed: number;
  rewards: RewardsOfRun;
}

interface Point {
  method: string;
  seed: number;
  layer: string;
  step: number;
  reward: number;
}

/** Steps on either side of one that its mean takes: a batch of four images is a noisy estimate. */
const REACH = 7;
/** Okabe and Ito's colours: told apart by colour-blind readers. */
const COLOURS = ['#000000', '#0072b2', '#d55e00', '#009e73'];

function pointsOf({ method, seed, rewards }: Curve): Point[] {
  return rewards.flatMap((steps, at) =>
    steps.map((reward, step) => ({ method, seed, layer: `layer ${at + 1}`, step: step + 1, reward })),
  );
}

function specOf(curves: readonly Curve[], methods: readonly string[]): TopLevelSpec {
  const colour = {
    field: 'method',
    type: 'nominal',
    scale: { domain: [...methods], range: COLOURS },
    legend: { title: null, orient: 'top', symbolType: 'stroke', symbolOpacity: 1, symbolStrokeWidth: 2 },
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
        groupby: ['method', 'seed', 'layer'],
      },
      {
        aggregate: [
          { op: 'mean', field: 'smooth', as: 'mean' },
          { op: 'min', field: 'smooth', as: 'low' },
          { op: 'max', field: 'smooth', as: 'high' },
        ],
        groupby: ['method', 'layer', 'step'],
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
export async function curvesSvg(curves: readonly Curve[], methods: readonly string[]): Promise<string> {
  const view = new View(parse(compile(specOf(curves, methods)).spec), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
