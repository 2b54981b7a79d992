/**
 * The screens there are. To add one:
 *
 *   1. renderer/screens/<name>/<Name>.tsx with `export function Name({ path, query }: ScreenProps)`, its styles beside it
 *      in <Name>.module.css. It begins with <Page>, reads by `useQuery` and `usePages`, acts by `useAct`.
 *   2. One entry below, in the order of the navigation. Its `place` is one of `places` in core/contract/host.ts, and its
 *      address `#/<place>/…`: what follows comes as `path`.
 *   3. What a new command changes: renderer/client/touches.ts (it does not compile without).
 *   4. test/e2e/<name>.e2e.test.ts: what it does, `expectAccessible` in the three themes, a screenshot.
 */
import type { ComponentType } from 'react';
import type { Place } from '../../core/contract/host.ts';
import type { IconName } from '../components/icons.tsx';
import { Batches } from '../screens/batches/Batches.tsx';
import { Connections } from '../screens/connections/Connections.tsx';
import { Descriptors } from '../screens/descriptors/Descriptors.tsx';
import { Find } from '../screens/find/Find.tsx';
import { Overview } from '../screens/overview/Overview.tsx';
import { Problems } from '../screens/problems/Problems.tsx';
import { Settings } from '../screens/settings/Settings.tsx';
import { Sources } from '../screens/sources/Sources.tsx';
import { Support } from '../screens/support/Support.tsx';

export interface ScreenProps {
  /** What follows the place: `#/connections/north/clone` gives `['north', 'clone']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export interface Screen {
  readonly place: Place;
  readonly label: string;
  readonly icon: IconName;
  readonly component: ComponentType<ScreenProps>;
}

export const screens: readonly Screen[] = [
  { place: 'overview', label: 'Overview', icon: 'overview', component: Overview },
  { place: 'connections', label: 'Connections', icon: 'connections', component: Connections },
  { place: 'sources', label: 'Sources', icon: 'sources', component: Sources },
  { place: 'descriptors', label: 'Descriptor map', icon: 'descriptors', component: Descriptors },
  { place: 'batches', label: 'Batches', icon: 'batches', component: Batches },
  { place: 'problems', label: 'Problems', icon: 'problems', component: Problems },
  { place: 'find', label: 'Find', icon: 'find', component: Find },
  { place: 'support', label: 'Support', icon: 'support', component: Support },
  { place: 'settings', label: 'Settings', icon: 'settings', component: Settings },
];
