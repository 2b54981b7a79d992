/** `rollbook settings`: how long Rollbook keeps what. */
import { type Command, Option } from 'commander';
import type { Settings } from '../../contract/schemas.ts';
import { Exit } from '../exit.ts';
import { dataOption, type Shared, whole } from '../options.ts';
import { act, command } from '../run.ts';
import { jsonLine, number, out, table } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

/** How long, and how much, is kept. */
type Kept = Pick<Settings, 'problemDays' | 'logDays' | 'logMegabytes'>;
type Options = Shared & Partial<Kept>;

const MEANING: { readonly [K in keyof Kept]: readonly [option: string, meaning: string, most: number] } = {
  problemDays: ['problem-days', 'days that problems stay in the ledger once they are over or cleared', 3650],
  logDays: ['log-days', 'days that the log for support is kept', 3650],
  logMegabytes: ['log-megabytes', 'megabytes that the log for support may grow to', 1000],
};
const KEYS = Object.keys(MEANING) as (keyof Kept)[];

async function settings(options: Options): Promise<number> {
  const given = KEYS.filter((key) => options[key] !== undefined);
  const now = await withEngine(options, (engine) =>
    given.length === 0
      ? engine.call('settings.show', {})
      : engine.call('settings.change', Object.fromEntries(given.map((key) => [key, options[key]]))),
  );
  if (options.json) jsonLine({ type: 'settings', ...Object.fromEntries(KEYS.map((key) => [key, now[key]])) });
  else {
    const rows = KEYS.map((key) => [MEANING[key][0], number(now[key]), MEANING[key][1]]);
    out(table([['setting', '', ''], ...rows], [1]));
  }
  return Exit.ok;
}

/** @returns `rollbook settings` */
export function settingsCommand(): Command {
  const made = command('settings', 'Shows how long problems and the log for support are kept, and changes it.');
  for (const key of KEYS) {
    const [option, meaning, most] = MEANING[key];
    made.addOption(new Option(`--${option} <n>`, meaning).argParser(whole(1, most)));
  }
  made.addOption(dataOption()).addHelpText('after', '\nExample:\n  rollbook settings --problem-days 90');
  return act<Options>(made, settings);
}
