/**
 * What each command may change, by the first word of the commands that read it. A command that only reads touches nothing.
 * A new command does not compile until it is decided here.
 */
import type { AnyCommand } from './client.ts';

export type Domain = AnyCommand extends infer N ? (N extends `${infer D}.${string}` ? D : never) : never;

const none: readonly Domain[] = [];
const connection: readonly Domain[] = ['connections', 'overview'];

const pairing: readonly Domain[] = ['descriptors', 'problems', 'connections', 'overview'];

/** What a batch, or a reading back, may have changed when it ends. */
export const batch: readonly Domain[] = [
  'connections',
  'overview',
  'batches',
  'sync',
  'problems',
  'records',
  'descriptors',
  'sources',
  'schedule',
  'backups',
];

/** Everything that comes from the ledger. */
export const ledger: readonly Domain[] = [...batch, 'practice', 'settings', 'support'];

export const touches: { readonly [N in AnyCommand]: readonly Domain[] } = {
  'connections.discover': none,
  'connections.add': connection,
  'connections.tryOut': none,
  'connections.list': none,
  'connections.show': none,
  'connections.test': connection,
  'connections.stopTest': none,
  'connections.update': [...connection, 'sources', 'schedule'],
  'connections.clone': [...connection, 'descriptors'],
  'connections.looked': connection,
  'connections.resources': none,
  'connections.rotate': connection,
  'connections.keyInfo': none,
  'connections.removal': none,
  'connections.remove': ledger,
  'connections.export': none,
  'connections.import': [...connection, 'descriptors'],
  'sync.run': batch,
  'sync.stop': none,
  'sync.pause': ['sync'],
  'sync.resume': ['sync'],
  'sync.state': none,
  'plan.compare': none,
  'plan.deleted': none,
  'overview.show': none,
  'sources.inspect': none,
  'sources.show': none,
  'sources.set': ['sources', 'schedule', 'overview', 'connections'],
  'schedule.show': none,
  'schedule.set': ['schedule', 'overview'],
  'schedule.network': none,
  'schedule.awake': none,
  'audit.run': batch,
  'adopt.run': batch,
  'retry.run': batch,
  'batches.list': none,
  'batches.show': none,
  'problems.list': none,
  'problems.group': none,
  'problems.records': none,
  'problems.record': none,
  'problems.ignore': ['problems', 'overview'],
  'problems.fixed': ['problems', 'overview'],
  'problems.clear': ['problems', 'overview'],
  'fixList.write': none,
  'records.reference': ['problems', 'records'],
  'records.search': none,
  'records.stopSearch': none,
  'records.find': none,
  'settings.show': none,
  'settings.change': ['settings'],
  'settings.certificates': none,
  'backups.show': none,
  'backups.make': ['backups'],
  // The engine is started anew, and everything is read again then.
  'backups.restore': none,
  'support.preview': none,
  'support.save': none,
  'descriptors.codes': none,
  'descriptors.values': none,
  'descriptors.mapMany': pairing,
  'descriptors.unmap': pairing,
  'descriptors.compare': none,
  'descriptors.list': none,
  'descriptors.map': pairing,
  'host.state': none,
  'host.setTheme': ['host'],
  'host.setOpenAtLogin': ['host'],
  'host.setNotifications': ['host'],
  'host.licenses': none,
  'host.quit': none,
  'window.show': none,
  'dialogs.chooseFolder': none,
  'dialogs.chooseFile': none,
  'dialogs.saveFile': none,
  'files.openText': none,
  'files.saveText': none,
  'files.reveal': none,
  'links.open': none,
  'updates.check': ['host'],
  'updates.install': none,
  'practice.state': none,
  'practice.start': ['practice', 'sources', 'schedule', ...connection],
  'practice.stop': ledger,
  'practice.faults': ['practice'],
};
