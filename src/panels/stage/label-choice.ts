/** Which label or prediction a click chooses: labels before predictions, the smallest first, one more click the next. */
import type { Point } from '../../lib/box-edits';
import type { Stores } from '../../state/label-actions';
import { boxesAt, nextOf } from '../../ui/drawing/label-hit';
import type { LabelSceneBox, PredictionSceneBox } from '../../ui/drawing/label-scene';
import type { Painter } from './painter';

/** CSS pixels around a box's edge that still mean the box. */
const SLACK = 4;

type Choice = LabelSceneBox | PredictionSceneBox;

const slackOf = (painter: Painter): number => SLACK / painter.view().scale;

function choicesAt(painter: Painter, point: Point): Choice[] {
  const { labels, predictions } = painter.labels ?? { labels: [], predictions: [] };
  const slack = slackOf(painter);
  return [...boxesAt(labels, point, slack), ...boxesAt(predictions, point, slack)];
}

/** Id of the smallest label around a point of the image. */
export function boxAtPoint(painter: Painter, point: Point): string | null {
  return boxesAt(painter.labels?.labels ?? [], point, slackOf(painter))[0]?.id ?? null;
}

/** Whether the prediction that is followed is around a point of the image. */
export function isChosenPrediction(painter: Painter, point: Point): boolean {
  return boxesAt(painter.labels?.predictions ?? [], point, slackOf(painter)).some(({ selected }) => selected);
}

/** Selects the next of what is around a point of the image, or nothing where nothing is. */
export function chooseAt({ app, labels }: Stores, painter: Painter, point: Point): void {
  const found = choicesAt(painter, point);
  const chosen = nextOf(found, found.find(({ selected }) => selected) ?? null);
  labels.getState().selectBox(chosen && 'id' in chosen ? chosen.id : null);
  app.getState().selectQuery(chosen && 'query' in chosen ? chosen.query : null);
}
