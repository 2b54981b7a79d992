import { expect, test } from 'vitest';
import { createAccounts } from '../../core/sync/account.ts';
import { createLimiter } from '../../core/sync/concurrency.ts';
import { createRate } from '../../core/sync/rate.ts';

test('a number that was set stays, within what the client has', () => {
  const limiter = createLimiter(12, 64);
  for (let n = 0; n < 200; n++) limiter.answered(n, n % 2 === 0);
  expect(limiter.limit).toBe(12);
  expect(createLimiter(500, 64).limit).toBe(64);
});

test('auto goes up while answers stay as fast, and never past the client', () => {
  const limiter = createLimiter('auto', 64);
  const start = limiter.limit;
  for (let n = 0; n < 2_000; n++) limiter.answered(50, false);
  expect(limiter.limit).toBeGreaterThan(start);
  expect(limiter.limit).toBe(64);
  expect(createLimiter('auto', 2).limit).toBeLessThanOrEqual(2);
});

test('auto halves when the server asks for less, and never stops', () => {
  const limiter = createLimiter('auto', 64);
  for (let n = 0; n < 2_000; n++) limiter.answered(50, false);
  limiter.answered(50, true);
  expect(limiter.limit).toBe(32);
  for (let n = 0; n < 50; n++) limiter.answered(50, true);
  expect(limiter.limit).toBe(1);
});

test('auto finds the number up to which a server keeps pace', () => {
  // A server that works on ten at once: what is sent above that only waits longer.
  const limiter = createLimiter('auto', 64);
  let highest = 0;
  for (let n = 0; n < 5_000; n++) {
    highest = Math.max(highest, limiter.limit);
    limiter.answered(50 * Math.max(1, limiter.limit / 10), false);
  }
  expect(highest).toBeLessThan(40);
  expect(highest).toBeGreaterThan(10);
});

test('auto goes back up when a server that was slow is fast again, and measures one anew that is slower for good', () => {
  for (const later of [20, 400]) {
    const limiter = createLimiter('auto', 64);
    for (let n = 0; n < 1_000; n++) limiter.answered(50, false);
    for (let n = 0; n < 3; n++) limiter.answered(50, true);
    for (let n = 0; n < 20_000; n++) limiter.answered(later, false);
    let highest = 0;
    for (let n = 0; n < 10_000; n++) {
      limiter.answered(later, false);
      highest = Math.max(highest, limiter.limit);
    }
    expect(highest).toBe(64);
  }
});

test('the rate is of the last seconds, and nothing while there is nothing to tell', () => {
  const rate = createRate(1_000);
  expect(rate.update(0, 1_000)).toBe(0);
  expect(rate.update(100, 2_000)).toBe(100);
  for (let second = 3; second <= 20; second++) rate.update(100, second * 1_000);
  expect(rate.update(100, 21_000)).toBe(0);
});

test('an account that does not add up is a fault', () => {
  const accounts = createAccounts();
  accounts.read('ed-fi/students');
  expect(() => accounts.check()).toThrow(/does not add up/);
  accounts.add('ed-fi/students', 'failed');
  accounts.check();
  accounts.remove('ed-fi/students', 'failed');
  accounts.add('ed-fi/students', 'created');
  accounts.check();
  accounts.read('ed-fi/staffs');
  accounts.add('ed-fi/staffs', 'held');
  expect(accounts.total()).toMatchObject({ read: 2, created: 1, held: 1, failed: 0 });
  accounts.add('ed-fi/staffs', 'skipped');
  expect(() => accounts.check()).toThrow(/staffs/);
});
