/** Every setting of a run, in groups that open. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Learning } from '../../lib/presets';
import type { TrainSettings } from '../../lib/train-settings';
import { useTraining, useTrainingStore } from '../../state/react';
import { plainSettings, withSetting } from '../../state/training-select';
import { groupsFor, problemOf } from './setting-groups';
import { SettingField } from './SettingField';
import styles from './train.module.css';

interface SettingsProps {
  settings: TrainSettings;
  learning: Learning;
  problems: readonly string[];
}

export function Settings({ settings, learning, problems }: SettingsProps): ReactNode {
  const { t } = useTranslation();
  const store = useTrainingStore();
  const draft = useTraining((state) => state.draft);
  const plain = plainSettings(draft, learning);
  return (
    <div className={styles['groups']}>
      {groupsFor(draft.method).map(({ id, names }) => {
        const changed = names.filter((name) => settings[name] !== plain[name]).length;
        const bad = names.some((name) => problemOf(problems, name) !== undefined);
        return (
          <details key={id} className={styles['group']} data-bad={bad}>
            <summary>
              {t(`train.groups.${id}`)}
              {changed > 0 ? <small>{t('train.changed', { count: changed })}</small> : null}
              {bad ? <small className={styles['problem']}>{t('train.hasProblem')}</small> : null}
            </summary>
            {names.map((name) => (
              <SettingField
                key={name}
                name={name}
                value={settings[name]}
                preset={plain[name]}
                problem={problemOf(problems, name)}
                onChange={(value) => {
                  const { draft: now, changeDraft } = store.getState();
                  changeDraft(withSetting(now, learning, name, value as never));
                }}
              />
            ))}
          </details>
        );
      })}
    </div>
  );
}
