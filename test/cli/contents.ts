/** What a practice API holds, to be compared. */
import { onTestFinished } from 'vitest';
import type { SandboxWorkerOptions } from '../../core/sandbox/options.ts';
import { startSandboxInWorker, type WorkerSandbox } from '../../core/sandbox/worker.ts';

/** @returns a practice API of the test's own */
export async function freshApi(options: SandboxWorkerOptions = {}): Promise<WorkerSandbox> {
  const api = await startSandboxInWorker(options);
  onTestFinished(() => api.close());
  return api;
}

const RESOURCES = [
  'students',
  'contacts',
  'staffs',
  'sections',
  'studentSchoolAssociations',
  'studentEducationOrganizationAssociations',
  'studentContactAssociations',
  'staffSectionAssociations',
  'studentSectionAssociations',
] as const;

/** Every item of the resources of a roster, by resource, in an order that does not depend on that of their sending. */
export async function contents(api: Pick<WorkerSandbox, 'read'>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const name of RESOURCES) {
    const items = await api.read(`ed-fi/${name}`);
    found[name] = items.map(({ body }) => JSON.stringify(body)).sort();
  }
  return found;
}
