/**
 * Properties look at the same cases each time, so that a run says something of the change and nothing of chance. To walk
 * elsewhere, ROLLBOOK_SEED is a number, or `random` for another one each run; fast-check says it where something fails.
 */
import fc from 'fast-check';

const USUAL = 20_261_121;

const { ROLLBOOK_SEED: told = '' } = process.env;
if (told !== '' && told !== 'random' && !/^-?\d{1,10}$/.test(told)) {
  throw new Error('ROLLBOOK_SEED is a whole number, or random.');
}
if (told !== 'random') fc.configureGlobal({ seed: told === '' ? USUAL : Number(told) });
