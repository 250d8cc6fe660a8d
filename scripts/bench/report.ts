/** What the bench says at the end: on what it ran, what must hold, and all of it as JSON. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Measured } from './sections';
import type { Session } from './session';
import { number, table } from './table';
import type { Bound } from './types';

/** False for what is not a number. */
export const holds = ({ value, most = Infinity, least = -Infinity }: Bound): boolean => value <= most && value >= least;

export function printBounds(bounds: readonly Bound[]): string {
  const rows = bounds.map((bound) => {
    const { name, value, most, least } = bound;
    const limit = most === undefined ? `at least ${least}` : `at most ${most}`;
    return [name, number(value, Number.isInteger(value) ? 0 : 3), limit, holds(bound) ? 'holds' : 'DOES NOT HOLD'];
  });
  return table(['what must hold', 'measured', 'bound', ''], rows);
}

export interface Report {
  date: string;
  adapter: string;
  runtime: string;
  machine: string;
  versions: Record<string, string>;
  minutes: number;
  bounds: (Bound & { holds: boolean })[];
  sections: Record<string, unknown>;
}

const MS_IN_MINUTE = 60_000;

/** @param all at least one section @param ms since the start */
export function reportOf(session: Session, all: ReadonlyMap<string, Measured>, ms: number): Report {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    adapter: [...all.values()][0]!.adapter,
    runtime: session.runtime,
    machine: `${processors.length} x ${processors[0]?.model ?? 'unknown'}`,
    versions: { ...session.versions },
    minutes: Number((ms / MS_IN_MINUTE).toFixed(1)),
    bounds: [...all.values()].flatMap(({ bounds }) => bounds.map((bound) => ({ ...bound, holds: holds(bound) }))),
    sections: Object.fromEntries([...all].map(([name, { rows }]) => [name, rows])),
  };
}

export function printReport({ adapter, runtime, machine, versions, minutes, bounds }: Report): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const about = [adapter, runtime, machine, ...packages, `${minutes} minutes`].join('; ');
  return bounds.length > 0 ? `${printBounds(bounds)}\n\n${about}` : about;
}

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
}
