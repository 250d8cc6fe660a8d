/** Every figure of a run as small multiples on one axis of steps. A step that arrives renders nothing: the plots draw themselves. */
import { useEffect, useMemo, type ReactNode } from 'react';
import { FileDown, ZoomOut } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import 'uplot/dist/uPlot.min.css';
import { FIGURES, type FigureId, type RunSeries } from '../../lib/charts';
import { toSeriesCsv } from '../../lib/charts-csv';
import { settingDifferences } from '../../lib/compare-runs';
import { useAppState, useCommands, useTraining, useTrainingStore } from '../../state/react';
import type { TrainingState } from '../../state/training';
import { shownRun, shownSeries, sortedRuns } from '../../state/training-select';
import { Button } from '../../ui/Button';
import { layerColour } from '../../ui/drawing/layer-colours';
import { offerFile } from '../../ui/offer-file';
import { Chart } from './Chart';
import { extentOf, layersDrawn, linesOf } from './chart-data';
import { ChartGroup } from './chart-group';
import styles from './charts.module.css';

const comparedSeries = (state: TrainingState): RunSeries | undefined =>
  state.comparedRun === null ? undefined : state.series[state.comparedRun];

/** "reward/3+3 loss/1+0": which figures have numbers and how many lines; the page renders again only when it changes. */
function layoutOf(state: TrainingState): string {
  const [series, compared] = [shownSeries(state), comparedSeries(state)];
  if (!series) return '';
  return FIGURES.filter((id) => series.has(id) || compared?.has(id))
    .map((id) => `${id}/${linesOf(series, id, false).length}+${compared ? linesOf(compared, id, true).length : 0}`)
    .join(' ');
}

export function Charts(): ReactNode {
  const { t } = useTranslation();
  const store = useTrainingStore();
  const series = useTraining(shownSeries);
  const compared = useTraining(comparedSeries);
  const layout = useTraining(layoutOf);
  const theme = useAppState((state) => state.theme);
  const group = useMemo(
    () => new ChartGroup('run', () => extentOf(shownSeries(store.getState()), comparedSeries(store.getState()))),
    [store],
  );
  const figures = useMemo(() => {
    if (!series || layout === '') return [];
    return layout.split(' ').map((entry) => {
      const id = entry.slice(0, entry.indexOf('/')) as FigureId;
      return { id, lines: [...linesOf(series, id, false), ...(compared ? linesOf(compared, id, true) : [])] };
    });
  }, [series, compared, layout]);

  useEffect(() => {
    const stop = store.subscribe((state, before) => {
      if (state.grown !== before.grown) group.grew();
    });
    return () => {
      stop();
      group.destroy();
    };
  }, [store, group]);

  if (!series || figures.length === 0) return <p className={styles['none']}>{t('charts.none')}</p>;
  return (
    <section className={styles['panel']} aria-label={t('charts.title')}>
      <Head series={series} group={group} />
      <div className={styles['grid']}>
        {figures.map(({ id, lines }) => (
          <Chart key={`${theme}/${id}`} figure={id} series={series} compared={compared} lines={lines} group={group} />
        ))}
      </div>
      <p className={styles['muted']}>{t('charts.hint')}</p>
    </section>
  );
}

function Head({ series, group }: { series: RunSeries; group: ChartGroup }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const run = useTraining(shownRun);
  const runs = useTraining((state) => state.runs);
  const compared = useTraining((state) => state.comparedRun);
  const others = sortedRuns(runs).filter(({ id }) => id !== run?.id);
  const other = compared === null ? undefined : runs[compared];
  const save = (): void =>
    offerFile(
      new Blob([toSeriesCsv(series)], { type: 'text/csv' }),
      `${run?.name ?? 'run'}.csv`.replace(/[/\\:]/g, '-'),
    );
  return (
    <div className={styles['head']}>
      <ul className={styles['legend']} aria-label={t('charts.lines')}>
        {layersDrawn(series).map((layer) => (
          <li key={layer}>
            <i style={{ '--ink': layerColour(layer) }} aria-hidden="true" />
            {layer === 'select' ? t('layers.select') : t('layers.layer', { number: layer })}
          </li>
        ))}
      </ul>
      <div className={styles['actions']}>
        <Button onClick={() => group.zoom(null)}>
          <ZoomOut />
          {t('charts.allSteps')}
        </Button>
        <Button onClick={save}>
          <FileDown />
          {t('charts.csv')}
        </Button>
      </div>
      {others.length === 0 ? null : (
        <label className={styles['compare']}>
          {t('charts.compare')}
          <select value={compared ?? ''} onChange={(event) => commands.compareRun(event.target.value || null)}>
            <option value="">{t('charts.compareNone')}</option>
            {others.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {run && other ? (
        <p className={styles['muted']}>
          {settingDifferences(run.settings, other.settings)
            .map(({ name, of, other: value }) =>
              t('charts.difference', { name: t(`train.fields.${name}`), of, other: value }),
            )
            .join('; ') || t('charts.sameSettings')}
        </p>
      ) : null}
    </div>
  );
}
