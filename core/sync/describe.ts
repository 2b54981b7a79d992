/** The words for what a plan and its guard say. */
import type { EngineEvent } from '../contract/schemas.ts';
import { shortName } from '../edfi/model.ts';
import type { GuardReason } from './guard.ts';

/** Resources as people see them: without the namespace where it is Ed-Fi's own. */
export const displayName = (resource: string): string =>
  resource.startsWith('ed-fi/') ? shortName(resource) : resource;

/** @returns one sentence why the plan waits */
export function describeGuard(reason: GuardReason): string {
  switch (reason.kind) {
    case 'deletes-share': {
      const share = reason.of === 0 ? 100 : Math.round((reason.count / reason.of) * 100);
      return `${reason.count} of ${reason.of} ${displayName(reason.resource)} (${share} %) would be deleted: check that the export is complete.`;
    }
    case 'deletes-count':
      return `${reason.count} records would be deleted in all, more than ${reason.limit}: check that the export is complete.`;
    case 'deletes-adopted':
      return `${reason.count} ${displayName(reason.resource)} that were taken over from the API are not in the export (or have another key there) and would be deleted: check that no other system keeps them.`;
    case 'changes-share':
      return `${reason.count} of ${reason.of} ${displayName(reason.resource)} would be changed: check that the export and the settings are the right ones.`;
  }
}

/** @param ms until the API is asked again */
export const awayNotice = (ms: number): Extract<EngineEvent, { type: 'notice' }> => ({
  type: 'notice',
  code: 'api-away',
  sentence: `The API does not answer. The batch waits and asks again in ${Math.max(1, Math.ceil(ms / 1000))} s; nothing is lost.`,
});
