/** The words for what a plan and its guard say. */
import type { EngineEvent } from '../contract/schemas.ts';
import { displayName, type ResourceName } from '../edfi/model.ts';
import type { GuardReason } from './guard.ts';

const figures = (count: number): string => count.toLocaleString('en-US');

/** `1 of the schools`, `1,200 schools`: a resource's name is a plural, and stays as the API has it */
export const some = (count: number, resource: ResourceName): string =>
  count === 1 ? `1 of the ${displayName(resource)}` : `${figures(count)} ${displayName(resource)}`;

/** @returns one sentence why the plan waits */
export function describeGuard(reason: GuardReason): string {
  switch (reason.kind) {
    case 'deletes-share': {
      const share = reason.of === 0 ? 100 : Math.round((reason.count / reason.of) * 100);
      return `${figures(reason.count)} of ${figures(reason.of)} ${displayName(reason.resource)} (${share} %) would be deleted: check that the export is complete.`;
    }
    case 'deletes-count':
      return `${figures(reason.count)} ${reason.count === 1 ? 'record' : 'records'} would be deleted in all, more than ${figures(reason.limit)}: check that the export is complete.`;
    case 'deletes-adopted':
      return reason.count === 1
        ? `${some(1, reason.resource)} that were taken over from the API is not in the export (or has another key there) and would be deleted: check that no other system keeps it.`
        : `${some(reason.count, reason.resource)} that were taken over from the API are not in the export (or have another key there) and would be deleted: check that no other system keeps them.`;
    case 'changes-share':
      return `${figures(reason.count)} of ${figures(reason.of)} ${displayName(reason.resource)} would be changed: check that the export and the settings are the right ones.`;
  }
}

/** @param ms until the API is asked again */
export const awayNotice = (ms: number): Extract<EngineEvent, { type: 'notice' }> => ({
  type: 'notice',
  code: 'api-away',
  sentence: `The API does not answer. The batch waits and asks again in ${Math.max(1, Math.ceil(ms / 1000))} s; nothing is lost.`,
});
