/**
 * What a replay need not do again: tables that the recording made for later (transformed filters, positions) depend on nothing that
 * an input changes, and what leads to no output leads nowhere.
 */
import type { Command, Held } from './commands';

interface Flow {
  reads: readonly Held[];
  writes: readonly Held[];
}

/** TF.js binds the result first; it may have been written before, so that it is read, too. */
function flowOf(command: Command): Flow {
  if (command.kind === 'copy') return { reads: [command.from, command.to], writes: [command.to] };
  if (command.kind === 'clear') return { reads: [], writes: [command.held] };
  const writes = command.bound.filter(({ writable }) => writable).map(({ held }) => held);
  return { reads: command.bound.map(({ held }) => held), writes };
}

/** Everything that some input goes into. */
function changing(flows: readonly Flow[], inputs: ReadonlySet<GPUBuffer>): Set<Held> {
  const tainted = new Set<Held>();
  const isTainted = (held: Held): boolean => tainted.has(held) || inputs.has(held.buffer);
  for (const { reads, writes } of flows) if (reads.some(isTainted)) writes.forEach((held) => tainted.add(held));
  return tainted;
}

/**
 * Of each command, whether every replay must do it; the others are for the first one.
 * @param inputs buffers that the caller writes between replays
 * @param outputs buffers that the caller reads after a replay
 */
export function repeated(
  commands: readonly Command[],
  inputs: ReadonlySet<GPUBuffer>,
  outputs: ReadonlySet<GPUBuffer>,
): boolean[] {
  const flows = commands.map(flowOf);
  const tainted = changing(flows, inputs);
  const needed = new Set<Held>();
  const wanted = (held: Held): boolean => {
    if (outputs.has(held.buffer)) return true;
    return held.lasting ? tainted.has(held) : needed.has(held);
  };
  const again = new Array<boolean>(commands.length);
  for (let at = commands.length - 1; at >= 0; at--) {
    const { reads, writes } = flows[at]!;
    again[at] = writes.some(wanted);
    if (again[at]) reads.forEach((held) => needed.add(held));
  }
  return again;
}
