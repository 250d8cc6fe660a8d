/** Time and bytes by layer; a layer opens to its kernels, a row's numbers are behind its name. */
import { useState, type ReactNode } from 'react';
import { ChevronRight } from 'lucide-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import {
  layerOf,
  ratedKernel,
  withinLayer,
  type KernelCost,
  type LayerCost,
  type ProfileReport,
} from '../../lib/profile';
import { Tip } from '../../ui/Button';
import { formatBytes, formatPercent } from '../../ui/format';
import styles from './device.module.css';
import { colourOf } from './group-colours';
import { formatBandwidth, formatFlops, formatMicroseconds, formatSpeed } from './figures';

export function ProfileTable({ report }: { report: ProfileReport }): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (scope: string): void => {
    const next = new Set(open);
    if (!next.delete(scope)) next.add(scope);
    setOpen(next);
  };
  return (
    <table className={styles['costs']} aria-label={t('device.profile.table')}>
      <thead>
        <tr>
          {(['part', 'time', 'bytes', 'roof'] as const).map((column) => (
            <th key={column} scope="col">
              {t(`device.profile.columns.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {report.layers.map((layer) => (
          <Layer key={layer.scope} report={report} layer={layer} open={open.has(layer.scope)} onToggle={toggle} />
        ))}
      </tbody>
    </table>
  );
}

interface LayerProps {
  report: ProfileReport;
  layer: LayerCost;
  open: boolean;
  onToggle(scope: string): void;
}

function Layer({ report, layer, open, onToggle }: LayerProps): ReactNode {
  const { t } = useTranslation();
  const name = layer.scope || t('device.profile.outside');
  const kernels = open ? report.kernels.filter(({ scope }) => layerOf(scope) === layer.scope) : [];
  return (
    <>
      <tr>
        <th scope="row">
          <Tip text={factsOf(t, name, layer)}>
            <button type="button" aria-expanded={open} onClick={() => onToggle(layer.scope)}>
              <ChevronRight aria-hidden="true" />
              <span>{name}</span>
              <i style={{ width: `${100 * layer.share}%`, background: colourOf(report, layer) }} aria-hidden="true" />
            </button>
          </Tip>
        </th>
        <Figures cost={layer} />
      </tr>
      {kernels.map((kernel) => (
        <Kernel key={`${kernel.scope}/${kernel.kernel}`} report={report} kernel={kernel} />
      ))}
    </>
  );
}

function Kernel({ report, kernel }: { report: ProfileReport; kernel: KernelCost }): ReactNode {
  const { t } = useTranslation();
  const cost = ratedKernel(kernel, report);
  const label = t('device.profile.kernel', {
    kernel: kernel.kernel || t('device.profile.allKernels'),
    count: kernel.count,
  });
  const within = withinLayer(kernel.scope);
  return (
    <tr className={styles['kernel']}>
      <th scope="row">
        <Tip text={factsOf(t, [within, label].filter(Boolean).join(', '), cost)}>
          <span tabIndex={0}>
            {label}
            {within ? <small>{within}</small> : null}
          </span>
        </Tip>
      </th>
      <Figures cost={cost} />
    </tr>
  );
}

function Figures({ cost }: { cost: LayerCost }): ReactNode {
  return (
    <>
      <td>{formatMicroseconds(cost.microseconds)}</td>
      <td>{formatBytes(cost.bytes)}</td>
      <td>{cost.microseconds > 0 ? formatPercent(cost.ofRoof) : '\u2013'}</td>
    </>
  );
}

const factsOf = (t: TFunction, scope: string, cost: LayerCost): string =>
  t('device.profile.facts', {
    scope,
    time: formatMicroseconds(cost.microseconds),
    share: formatPercent(cost.share),
    count: cost.count,
    bytes: formatBytes(cost.bytes),
    flops: cost.flops > 0 ? formatFlops(cost.flops) : t('device.profile.noFlops'),
    gflops: formatSpeed(cost.gflops),
    gbs: formatBandwidth(cost.gbs),
    bound: t(`device.profile.bounds.${cost.bound}`),
    roof: formatPercent(cost.ofRoof),
  });
