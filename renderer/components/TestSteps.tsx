/** The steps of a connection test, as they end: each with what was found and, where something is to be done, what. */
import type { TestStep, TestStepName } from '../../core/contract/schemas.ts';
import { Icon, type IconName } from './icons.tsx';
import css from './Shared.module.css';

/** In the order in which they are taken. */
const NAMES: Readonly<Record<TestStepName, string>> = {
  address: 'The address',
  connection: 'Reaching the server',
  encryption: 'Encryption',
  api: 'An Ed-Fi API',
  routes: 'Year and tenant',
  version: 'Version',
  credentials: 'Key and secret',
  key: 'What the key is for',
  specification: 'Specification',
  dependencies: 'Order of resources',
  permissions: 'Permissions',
  descriptors: 'Descriptors',
  clock: 'The clocks',
  'round-trip': 'Speed',
};
const ORDER = Object.keys(NAMES) as TestStepName[];
const ICONS: Readonly<Record<TestStep['state'], IconName>> = { passed: 'check', warned: 'bang', failed: 'cross' };
const WORDS: Readonly<Record<TestStep['state'], string>> = {
  passed: 'passed',
  warned: 'look at this',
  failed: 'failed',
};

/**
 * @param isRunning further steps are expected: the next is shown as under way, the rest as still to come
 */
export function TestSteps({
  steps,
  isRunning,
  upTo,
}: {
  readonly steps: readonly TestStep[];
  readonly isRunning: boolean;
  readonly upTo?: TestStepName;
}) {
  const asked = upTo === undefined ? ORDER : ORDER.slice(0, ORDER.indexOf(upTo) + 1);
  const done = new Set(steps.map(({ step }) => step));
  const coming = isRunning ? asked.filter((name) => !done.has(name)) : [];
  return (
    <ol className={css.steps} aria-label="Steps of the test">
      {steps.map(({ step, state, sentence, fix }) => (
        <li key={step} className={css.step}>
          <span className={`${css.stepIcon} ${css[state]}`}>
            <Icon name={ICONS[state]} />
          </span>
          <p className={css.stepName}>
            {NAMES[step]}
            <span className="visually-hidden">: {WORDS[state]}</span>
          </p>
          <div className={css.stepText}>
            <p>{sentence}</p>
            {fix !== undefined && <p className={css.fix}>{fix}</p>}
          </div>
        </li>
      ))}
      {coming.map((name, i) => (
        <li key={name} className={`${css.step} ${css.waitingStep}`}>
          <span className={`${css.stepIcon} ${i === 0 ? css.running : css.pending}`} />
          <p className={css.stepName}>
            {NAMES[name]}
            <span className="visually-hidden">: {i === 0 ? 'under way' : 'to come'}</span>
          </p>
        </li>
      ))}
    </ol>
  );
}
