/** One figure of a run: title, the numbers of its lines, the plot, and its picture for a slide. */
import { useEffect, useRef, type ReactNode } from 'react';
import { ImageDown } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { FigureId, RunSeries } from '../../lib/charts';
import type { LayerId } from '../../lib/types';
import { IconButton } from '../../ui/Button';
import type { Line } from './chart-data';
import { chartPicture } from './chart-picture';
import type { ChartGroup } from './chart-group';
import { mountChart, type ChartHandle } from './mount-chart';
import { comparedTable } from './compared';
import styles from './charts.module.css';

interface ChartProps {
  figure: FigureId;
  series: RunSeries;
  compared: RunSeries | undefined;
  lines: readonly Line[];
  group: ChartGroup;
}

export function Chart({ figure, series, compared, lines, group }: ChartProps): ReactNode {
  const { t } = useTranslation();
  const plot = useRef<HTMLDivElement>(null);
  const readouts = useRef<HTMLSpanElement>(null);
  const handle = useRef<ChartHandle>(null);

  useEffect(() => {
    if (!plot.current || !readouts.current) return;
    const chart = mountChart({
      plot: plot.current,
      readouts: [...readouts.current.querySelectorAll<HTMLElement>('output')],
      figure,
      lines,
      group,
      data: () => comparedTable(series, compared, figure),
    });
    handle.current = chart;
    return chart.destroy;
  }, [figure, series, compared, lines, group]);

  const title = t(`charts.figures.${figure}`);
  const nameOf = (layer: LayerId | null): string =>
    layer === null ? title : layer === 'select' ? t('layers.select') : t('layers.layer', { number: layer });
  const save = (): void => {
    const canvas = handle.current?.canvas();
    if (canvas && plot.current)
      void chartPicture(
        canvas,
        plot.current,
        title,
        figure,
        lines.map(({ layer, ...line }) => ({ ...line, name: nameOf(layer) })),
      );
  };
  return (
    <figure className={styles['chart']} aria-label={title} data-compared={compared !== undefined}>
      <figcaption title={t(`charts.explained.${figure}`)}>
        <span className={styles['title']}>{title}</span>
        <span ref={readouts} className={styles['readouts']} style={{ '--half': Math.ceil(lines.length / 2) }}>
          {lines.map(({ layer, colour, dashed }) => (
            <span key={`${layer}${dashed}`} title={nameOf(layer)} data-dashed={dashed}>
              <i style={{ '--ink': colour }} aria-hidden="true" />
              <output aria-live="off" aria-label={nameOf(layer)} />
            </span>
          ))}
        </span>
        <IconButton label={t('charts.savePicture', { title })} className={styles['save']!} onClick={save}>
          <ImageDown />
        </IconButton>
      </figcaption>
      <div ref={plot} className={styles['plot']} />
    </figure>
  );
}
