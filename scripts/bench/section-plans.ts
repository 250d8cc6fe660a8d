/** What a replayed plan costs on the CPU's side, and what warm detections allocate. */
import type { Measured, SectionOptions } from './sections';
import type { Session } from './session';
import { mib, number, table } from './table';

const MOST_MICROSECONDS = 5;
const DETECTIONS = 100;

export async function overheadSection(session: Session, { runs }: SectionOptions): Promise<Measured> {
  const result = await session.measure('overhead', { rounds: runs });
  const { adapter, model, dispatches, replay_us, eager_us } = result;
  const lines = [
    ['replayed plan', number(replay_us.least, 2), number(replay_us.median, 2)],
    ['through TF.js', number(eager_us.least, 2), number(eager_us.median, 2)],
  ];
  const heading = `${model}, ${dispatches} dispatches; microseconds of the CPU per dispatch, ${runs} calls on an idle device`;
  const bound = {
    name: `${model}: microseconds per replayed dispatch`,
    value: replay_us.median,
    most: MOST_MICROSECONDS,
  };
  return {
    rows: result,
    text: `${heading}\n${table(['', 'least us', 'median us'], lines)}`,
    bounds: [bound],
    adapter,
  };
}

export async function allocationSection(session: Session): Promise<Measured> {
  const result = await session.measure('allocation', { detections: DETECTIONS });
  const { adapter, model, tfjs_bytes, device_bytes, tensors } = result;
  const heading = `${model}, ${DETECTIONS} warm detections: MiB of buffers`;
  const lines = [
    ["handed out by TF.js's buffer manager", mib(tfjs_bytes)],
    ['made by the device', mib(device_bytes)],
  ];
  const bounds = [
    { name: `${model}: bytes that TF.js allocates in ${DETECTIONS} warm detections`, value: tfjs_bytes, most: 0 },
    { name: `${model}: bytes of new GPU buffers in them`, value: device_bytes, most: 0 },
    { name: `${model}: tensors left behind by them`, value: tensors, most: 0 },
  ];
  return { rows: result, text: `${heading}\n${table(['', 'MiB'], lines)}`, bounds, adapter };
}
