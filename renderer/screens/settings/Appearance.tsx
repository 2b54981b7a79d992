import { useAct } from '../../client/query.ts';
import { RadioField } from '../../components/Field.tsx';
import { Refusal } from '../../components/Notice.tsx';
import { useLive } from '../../state/live.ts';
import { useView } from '../../state/view.ts';
import { Group } from './Settings.tsx';
import { DENSITIES, THEMES } from './words.ts';

export function Appearance() {
  const theme = useLive(({ host }) => host?.theme);
  const density = useView((view) => view.density);
  const setDensity = useView((view) => view.setDensity);
  const change = useAct('host.setTheme');
  return (
    <Group title="Appearance">
      <RadioField
        label="Colors"
        value={theme}
        onChange={(chosen) => void change.run({ theme: chosen })}
        options={THEMES}
        isBoxed={false}
      />
      <RadioField
        label="Rows and distances"
        value={density}
        onChange={setDensity}
        options={DENSITIES}
        isBoxed={false}
      />
      <Refusal error={change.error} />
    </Group>
  );
}
