/** Keeps what the painter shows of labels and open predictions, and the side panel, in step with the stores. */
import { boxesOfCurrent, openPredictions, type Stores } from '../../state/label-actions';
import type { LabelState } from '../../state/labels';
import { currentNames, currentResult } from '../../state/select';
import type { AppState } from '../../state/store';
import { classColour } from '../../ui/drawing/colours';
import { labelColour, type LabelSceneBox, type PredictionSceneBox } from '../../ui/drawing/label-scene';
import { tagText } from '../../ui/drawing/scene';
import type { Labels, Painter } from './painter';

function labelBoxes(app: AppState, labels: LabelState): LabelSceneBox[] {
  const classes = new Map(labels.classes.map((each) => [each.id, each]));
  return boxesOfCurrent(app, labels).flatMap(({ id, box, classId }) => {
    const its = classes.get(classId);
    if (!its) return [];
    const [selected, hovered] = [id === labels.selectedBox, id === labels.hoveredBox];
    return [{ id, box, colour: labelColour(its), text: its.name, selected, hovered }];
  });
}

function predictionBoxes(app: AppState, labels: LabelState): PredictionSceneBox[] {
  const colourOf = (name: string): string => {
    const known = labels.classes.find((each) => each.name === name);
    return known ? labelColour(known) : classColour(name);
  };
  return openPredictions(app, boxesOfCurrent(app, labels)).map(({ query, name, score, box }) => ({
    query,
    box,
    colour: colourOf(name),
    text: tagText(name, score),
    selected: query === app.selectedQuery,
  }));
}

const sceneOf = (app: AppState, labels: LabelState): Labels => ({
  labels: labelBoxes(app, labels),
  // The best on top, as in the scene of detections.
  predictions: predictionBoxes(app, labels).reverse(),
});

/** What the labels' scene depends on, compared by identity. */
const inputsOf = (app: AppState, labels: LabelState): unknown[] => [
  labels.mode,
  labels.classes,
  boxesOfCurrent(app, labels),
  labels.selectedBox,
  labels.hoveredBox,
  currentResult(app),
  currentNames(app),
  app.currentImage,
  app.threshold,
  app.layerPosition,
  app.hiddenClasses,
  app.selectedQuery,
];

export function followLabels({ app, labels }: Stores, painter: Painter): () => void {
  let inputs: unknown[] = [];
  const update = (): void => {
    const [now, labelled] = [app.getState(), labels.getState()];
    const next = inputsOf(now, labelled);
    if (next.length === inputs.length && next.every((value, index) => value === inputs[index])) return;
    inputs = next;
    painter.setLabels(labelled.mode === 'label' ? sceneOf(now, labelled) : null);
  };
  // A box of one image is not selected on the next.
  const leave = (state: AppState, before: AppState): void => {
    if (state.currentImage === before.currentImage) return;
    const { selectedBox, hoveredBox, selectBox, hoverBox } = labels.getState();
    if (selectedBox !== null) selectBox(null);
    if (hoveredBox !== null) hoverBox(null);
  };
  /** Each mode has its panel; also when the mode comes back with the last visit. */
  const bringPanel = ({ mode }: LabelState, before: LabelState): void => {
    if (mode !== before.mode) app.getState().setSidePanel(mode === 'label' ? 'label' : 'detections');
  };
  update();
  const stops = [app.subscribe(leave), app.subscribe(update), labels.subscribe(update), labels.subscribe(bringPanel)];
  return () => {
    for (const stop of stops) stop();
  };
}
