import { onTestFinished } from 'vitest';

/** Says that this test feeds answers that are meant to fit nothing: what is unclassified in it does not count. */
export function junkOnPurpose(): void {
  process.env.ROLLBOOK_TEST_JUNK = '1';
  onTestFinished(() => {
    delete process.env.ROLLBOOK_TEST_JUNK;
  });
}
