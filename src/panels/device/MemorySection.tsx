/** What the page holds on the GPU, by what it is for, under its budget. */
import { useId, useState, type ReactNode } from 'react';
import { RotateCcw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { BUDGET_MIB, budgetBytes, toMib, usualBudget } from '../../lib/memory-budget';
import { useAppState, useAppStore } from '../../state/react';
import { IconButton, Tip } from '../../ui/Button';
import { PALETTE } from '../../ui/drawing/colours';
import type { MemoryInfo } from '../../workers/protocol';
import styles from './device.module.css';
import { formatMib } from './figures';

const PARTS = ['weights', 'filters', 'plans', 'other', 'free'] as const;
const COLOURS = {
  weights: PALETTE[0],
  filters: PALETTE[5],
  plans: PALETTE[2],
  other: PALETTE[3],
  free: PALETTE[4],
} as const;

/** Bytes on the GPU by what they are for; their sum is all of them. */
function partsOf({
  gpuBytes,
  freeBytes,
  planBytes,
  filterBytes,
  weightBytes = 0,
}: MemoryInfo): Record<(typeof PARTS)[number], number> {
  // weights are told by their numbers, buffers by their sizes: the difference is never below nothing
  const rest = gpuBytes - freeBytes - planBytes - filterBytes;
  const other = Math.max(0, rest - weightBytes);
  return { weights: rest - other, filters: filterBytes, plans: planBytes, other, free: freeBytes };
}

export function MemorySection(): ReactNode {
  const { t } = useTranslation();
  const memory = useAppState((state) => state.memory);
  const isGpu = useAppState((state) => state.device?.backend === 'webgpu');
  const facts = [
    { name: t('device.tensors'), value: memory ? String(memory.tensors) : '\u2013' },
    { name: t('device.tensorBytes'), value: memory ? formatMib(memory.bytes) : '\u2013' },
    { name: t('device.gpuBytes'), value: memory ? formatMib(memory.gpuBytes) : '\u2013' },
  ];
  return (
    <div>
      <h2>{t('device.memory')}</h2>
      <dl className={styles['facts']}>
        {facts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {isGpu && memory ? <MemoryBar memory={memory} /> : null}
      {isGpu ? <BudgetField /> : null}
    </div>
  );
}

function MemoryBar({ memory }: { memory: MemoryInfo }): ReactNode {
  const { t } = useTranslation();
  const parts = partsOf(memory);
  const { gpuBytes, budget } = memory;
  const whole = Math.max(budget, gpuBytes, 1);
  const said = { used: formatMib(gpuBytes), budget: formatMib(budget) };
  return (
    <>
      <div className={styles['memory']} role="img" aria-label={t('device.memoryBar', said)}>
        {PARTS.map((part) => (
          <Tip key={part} text={`${t(`device.memoryParts.${part}`)} ${formatMib(parts[part])}`}>
            <i style={{ width: `${(100 * parts[part]) / whole}%`, background: COLOURS[part] }} />
          </Tip>
        ))}
      </div>
      <dl className={styles['legend']}>
        {PARTS.map((part) => (
          <div key={part}>
            <dt>
              <i style={{ background: COLOURS[part] }} />
              {t(`device.memoryParts.${part}`)}
            </dt>
            <dd>{formatMib(parts[part])}</dd>
          </div>
        ))}
        <div>
          <dt>{t('device.gpuBytes')}</dt>
          <dd>{t('device.memoryUse', said)}</dd>
        </div>
      </dl>
      {gpuBytes > budget ? (
        <p className={styles['warning']} role="status">
          {t('device.overBudget')}
        </p>
      ) : null}
    </>
  );
}

function BudgetField(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const chosen = useAppState((state) => state.memoryBudget);
  const limits = useAppState((state) => state.device?.limits);
  const usual = toMib(usualBudget(limits ?? {}));
  const [draft, setDraft] = useState<string | null>(null);
  const id = useId();
  const shown = draft ?? String(chosen ?? usual);
  const fits = budgetBytes(Number(shown)) !== null;
  const commit = (): void => {
    if (draft !== null && fits) store.getState().setMemoryBudget(Number(draft));
    setDraft(null);
  };
  return (
    <div className={styles['budget']}>
      <label htmlFor={id}>{t('device.budget')}</label>
      <input
        id={id}
        inputMode="numeric"
        value={shown}
        aria-invalid={!fits}
        aria-describedby={`${id}-note`}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setDraft(null);
        }}
      />
      <span>{t('device.budgetUnit')}</span>
      <IconButton
        label={t('device.budgetReset')}
        disabled={chosen === null}
        onClick={() => store.getState().setMemoryBudget(null)}
      >
        <RotateCcw />
      </IconButton>
      <p id={`${id}-note`}>
        {fits ? t('device.budgetUsual', { mib: usual }) : t('device.budgetWrong', BUDGET_MIB)}
        {'. '}
        {t('device.budgetNote')}
      </p>
    </div>
  );
}
