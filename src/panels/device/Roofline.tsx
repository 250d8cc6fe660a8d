/** Layers by operations a byte and operations a second, under the device's roofs; both axes logarithmic. */
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { intensityOf, roofAt, type ProfileReport } from '../../lib/profile';
import { Tip } from '../../ui/Button';
import styles from './device.module.css';
import { formatBandwidth, formatIntensity, formatSpeed } from './figures';
import { colourOf } from './group-colours';
import { placeable, radiusOf, roofLine, scaleOf, ticksOf, type Axis, type RooflineScale } from './roofline-scale';

const SIZE = { width: 364, height: 230 };
const FRAME = { left: 40, top: 14, width: 302, height: 178 };

export function Roofline({ report }: { report: ProfileReport }): ReactNode {
  const { t } = useTranslation();
  const { layers, peak } = report;
  // small dots lie on large ones, so that each can be pointed at
  const shown = useMemo(() => placeable(layers).sort((a, b) => b.share - a.share), [layers]);
  const scale = useMemo(() => scaleOf(shown, peak, FRAME), [shown, peak]);
  if (shown.length === 0) return <p className={styles['muted']}>{t('device.profile.noDots')}</p>;
  return (
    <svg
      className={styles['roofline']}
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      role="group"
      aria-label={t('device.profile.roofline', { count: shown.length })}
    >
      <Axes scale={scale} />
      <Roofs report={report} scale={scale} />
      {shown.map((layer) => {
        const intensity = intensityOf(layer);
        const text = t('device.profile.dot', {
          scope: layer.scope || t('device.profile.outside'),
          intensity: formatIntensity(intensity),
          gflops: formatSpeed(layer.gflops),
          roof: formatSpeed(roofAt(intensity, peak) / 1e9),
        });
        return (
          <Tip key={layer.scope} text={text}>
            <circle
              tabIndex={0}
              role="img"
              aria-label={text}
              cx={scale.toX(intensity)}
              cy={scale.toY(layer.gflops)}
              r={radiusOf(layer.share)}
              fill={colourOf(report, layer)}
            />
          </Tip>
        );
      })}
    </svg>
  );
}

/** 10 to the power of a whole number, as a person writes it up to 10,000. */
const power = (exponent: number): string =>
  Math.abs(exponent) <= 4 ? (10 ** exponent).toLocaleString('en', { maximumFractionDigits: 4 }) : `1e${exponent}`;

function Axes({ scale }: { scale: RooflineScale }): ReactNode {
  const { t } = useTranslation();
  const bottom = FRAME.top + FRAME.height;
  const right = FRAME.left + FRAME.width;
  const at = (axis: Axis): number[] => ticksOf(axis);
  return (
    <g aria-hidden="true">
      {at(scale.x).map((exponent) => {
        const x = scale.toX(10 ** exponent);
        return (
          <g key={exponent}>
            <line x1={x} x2={x} y1={FRAME.top} y2={bottom} />
            <text x={x} y={bottom + 13} textAnchor="middle">
              {power(exponent)}
            </text>
          </g>
        );
      })}
      {at(scale.y).map((exponent) => {
        const y = scale.toY(10 ** exponent);
        return (
          <g key={exponent}>
            <line x1={FRAME.left} x2={right} y1={y} y2={y} />
            <text x={FRAME.left - 5} y={y + 4} textAnchor="end">
              {power(exponent)}
            </text>
          </g>
        );
      })}
      <text x={right} y={SIZE.height - 4} textAnchor="end">
        {t('device.profile.intensity')}
      </text>
      <text x={FRAME.left - 36} y={SIZE.height - 4}>
        {t('device.profile.speed')}
      </text>
    </g>
  );
}

function Roofs({ report: { peak }, scale }: { report: ProfileReport; scale: RooflineScale }): ReactNode {
  const line = (flops: number): [number, number][] => roofLine(scale, flops, peak.bandwidth);
  const points = (flops: number): string =>
    line(flops)
      .map((point) => point.join(','))
      .join(' ');
  const flat = line(peak.flops32)[2]!;
  const [start, ridge] = line(peak.flops32) as [[number, number], [number, number], [number, number]];
  const angle = (Math.atan2(ridge[1] - start[1], ridge[0] - start[0]) * 180) / Math.PI;
  const middle = [(start[0] + ridge[0]) / 2, (start[1] + ridge[1]) / 2] as const;
  return (
    <g aria-hidden="true" className={styles['roofs']}>
      {peak.flops16 !== null && peak.flops16 > peak.flops32 ? (
        <polyline data-half points={points(peak.flops16)} />
      ) : null}
      <polyline points={points(peak.flops32)} />
      <text x={flat[0] - 3} y={flat[1] - 5} textAnchor="end">
        {formatSpeed(peak.flops32 / 1e9)}
      </text>
      <text
        x={middle[0]}
        y={middle[1] - 5}
        textAnchor="middle"
        transform={`rotate(${angle} ${middle[0]} ${middle[1]})`}
      >
        {formatBandwidth(peak.bandwidth / 1e9)}
      </text>
    </g>
  );
}
