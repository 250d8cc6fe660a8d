/** One detection of StepDETR-S, part by part. */
import type { LayerCost } from '../../src/lib/profile';
import type { Measured } from './sections';
import type { Session } from './session';
import { mib, number, table } from './table';

const GIGA = 1e9;

const cells = (name: string, cost: Omit<LayerCost, 'scope'>): string[] => [
  name,
  `${cost.count}`,
  number(cost.microseconds / 1e3, 2),
  `${number(100 * cost.share, 1)} %`,
  mib(cost.bytes),
  number(cost.gflops, 2),
  number(cost.gbs, 2),
  cost.bound,
  `${number(100 * cost.ofRoof, 0)} %`,
];

export async function profileSection(session: Session): Promise<Measured> {
  const report = await session.measure('profile', undefined);
  const { adapter, peak, passes, method, layers, total } = report;
  const roofs = `peak ${number(peak.flops32 / GIGA, 1)} GFLOP/s, ${number(peak.bandwidth / GIGA, 1)} GB/s, ${number(peak.dispatch, 1)} us a dispatch`;
  const how = method === 'timestamps' ? 'the device’s own clock' : 'waiting behind each part';
  const headings = ['part', 'dispatches', 'ms', 'share', 'MiB', 'GFLOP/s', 'GB/s', 'limit', 'of the roof'];
  const rows = [...layers.map((layer) => cells(layer.scope || 'outside', layer)), cells('all', total)];
  const heading = `StepDETR-S, one detection: mean of ${passes} passes by ${how}; ${roofs}`;
  return { rows: report, text: `${heading}\n${table(headings, rows)}`, bounds: [], adapter };
}
