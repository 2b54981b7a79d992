/** `rollbook audit` and `rollbook adopt`: the API, read back. */
import type { Command } from 'commander';
import pc from 'picocolors';
import type { AuditView } from '../../contract/schemas.ts';
import type { EngineHost } from '../../engine-host.ts';
import { Exit } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { connectionOption, dataOption, type Shared } from '../options.ts';
import { createEventPrinter } from '../progress.ts';
import { act, command } from '../run.ts';
import { jsonLine, number, out, plural, table, wrap } from '../terminal.ts';
import { withEngine } from '../with-engine.ts';

interface Options extends Shared {
  readonly connection: string;
  readonly full?: boolean;
}

/** Reads with progress shown; Ctrl-C stops it. */
async function reading<T>(options: Options, work: (engine: EngineHost) => Promise<T>): Promise<T> {
  const printer = createEventPrinter({ json: options.json === true, samples: false });
  return withEngine(
    options,
    async (engine) => {
      onInterrupt(() => void engine.call('sync.stop', {}));
      try {
        return await work(engine);
      } finally {
        printer.finish();
      }
    },
    printer.print,
  );
}

const findings = ({ resources }: AuditView): number =>
  Object.values(resources).reduce((sum, one) => sum + one.missing + one.unknown + one.differing, 0);

async function audit(options: Options): Promise<number> {
  const found = await reading(options, (engine) =>
    engine.call('audit.run', { connection: options.connection, full: options.full === true }),
  );
  const count = findings(found);
  if (options.json) jsonLine({ type: 'audit', ...found });
  else {
    const rows = Object.entries(found.resources).filter(([, one]) => one.ledger + one.api > 0);
    out(
      table(
        [
          ['resource', 'ledger', 'API', 'missing there', 'unknown here', 'differing'],
          ...rows.map(([resource, one]) => [
            resource,
            ...[one.ledger, one.api, one.missing, one.unknown, one.differing].map((n) =>
              n === 0 ? pc.dim('·') : number(n),
            ),
          ]),
        ],
        [1, 2, 3, 4, 5],
      ),
    );
    out();
    if (count === 0) out(pc.green('The API and the ledger agree.'));
    else
      out(
        wrap(
          `${plural(count, 'difference')}. After adopt, the next sync makes again what is missing, and knows what was unknown here. What differs was changed by somebody else; it is sent again when it changes in the source.`,
        ),
      );
    if (found.window.since !== null)
      out(pc.dim('Only what changed since the last audit was read; --full reads everything.'));
  }
  return count === 0 ? Exit.ok : Exit.incomplete;
}

async function adopt(options: Options): Promise<number> {
  const adopted = await reading(options, (engine) => engine.call('adopt.run', { connection: options.connection }));
  if (options.json) jsonLine({ type: 'adopted', resources: adopted });
  else {
    const rows = Object.entries(adopted).filter(([, one]) => one.api > 0);
    out(
      table(
        [
          ['resource', 'at the API', 'taken over', 'known before'],
          ...rows.map(([resource, one]) => [
            resource,
            number(one.api),
            number(one.adopted + one.matched),
            number(one.known + one.relinked),
          ]),
        ],
        [1, 2, 3],
      ),
    );
    out();
    out(
      wrap(
        'The next sync sends only what differs. What the source does not have is deleted only after you approve it.',
      ),
    );
  }
  return Exit.ok;
}

/** @returns `rollbook audit` */
export function auditCommand(): Command {
  const made = command('audit', 'Compares the API with the ledger: missing there, unknown here, differing.')
    .addOption(connectionOption())
    .option('--full', 'read everything, not only what changed since the last audit')
    .addOption(dataOption());
  return act<Options>(made, audit);
}

/** @returns `rollbook adopt` */
export function adoptCommand(): Command {
  const made = command('adopt', 'Takes over what the API has already, so that a new ledger does not send it all again.')
    .addOption(connectionOption())
    .addOption(dataOption());
  return act<Options>(made, adopt);
}
