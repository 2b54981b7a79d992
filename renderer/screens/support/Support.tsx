/** What support may see, and what this computer keeps of the past. */
import type { ScreenProps } from '../../app/screens.tsx';
import { Page } from '../../components/Page.tsx';
import { Bundle } from './Bundle.tsx';
import { Labels } from './Labels.tsx';
import { Reference } from './Reference.tsx';
import { Retention } from './Retention.tsx';

export function Support(_: ScreenProps) {
  return (
    <Page
      title="Support"
      lead="Somebody who helps you needs to know what went wrong, and nothing of any child. Rollbook sends nothing by itself: you look at what there is, save it as a file, and hand it over."
    >
      <Bundle />
      <Reference />
      <Labels />
      <Retention />
    </Page>
  );
}
