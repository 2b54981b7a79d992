/** Long test files go first: where one of them came last, every other worker would wait for it. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest, the longest first. */
const LONG = [
  'privacy/canaries.test.ts',
  'lost/killed-days.test.ts',
  'cli/problems.test.ts',
  'sync/matrix.test.ts',
  'lost/torn-wal.test.ts',
  'lost/killed-first.test.ts',
  'cli/interrupt.test.ts',
  'sync/held.test.ts',
  'e2e/connections.e2e.test.ts',
  'engine/backup.test.ts',
  'e2e/settings.e2e.test.ts',
  'lost/clock.test.ts',
  'cli/bad-input.test.ts',
  'e2e/descriptors.e2e.test.ts',
  'e2e/days.e2e.test.ts',
  'sync/remembered.test.ts',
  'e2e/states.e2e.test.ts',
  'cli/connect-more.test.ts',
  'e2e/support.e2e.test.ts',
  'e2e/batches.e2e.test.ts',
  'engine/problems.test.ts',
  'cli/connect.test.ts',
  'e2e/problems.e2e.test.ts',
  'sync/limits.test.ts',
  'lost/source.test.ts',
  'connections/connections.test.ts',
  'electron/bundle.test.ts',
  'soak/soak.test.ts',
  'lost/network.test.ts',
  'e2e/desktop.e2e.test.ts',
];

const placeOf = ({ moduleId }: TestSpecification): number => {
  const at = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}`));
  return at === -1 ? LONG.length : at;
};

/** What is not among them goes as Vitest would have it. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}
