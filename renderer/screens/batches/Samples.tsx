/**
 * A few records of a plan, each opened on demand: as it would be sent, and for a change, beside what the API has now. One to
 * be deleted is shown as the last export had it.
 */
import { useState } from 'react';
import type { ResourcePlanView } from '../../../core/contract/schemas.ts';
import { useQuery } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Json } from '../../components/Json.tsx';
import { Loaded, Notice } from '../../components/Notice.tsx';
import { Scroll } from '../../components/Scroll.tsx';
import { list, number, plural } from '../../text/format.ts';
import { inWords } from '../../text/names.ts';
import css from './Batches.module.css';

type Sample = ResourcePlanView['samples']['create'][number];

interface Opened {
  readonly kind: 'create' | 'update' | 'delete';
  readonly sample: Sample & { readonly body: string };
}

const KINDS = { create: 'To be created', update: 'To be changed', delete: 'To be deleted' } as const;

const LABELS = {
  create: 'The record that would be created',
  update: 'The record as it would be sent',
  delete: 'The record as the last export had it',
} as const;

const whereOf = ({ file, row }: Sample): string => `${file}, row ${number(row)}`;

export function Samples({ connection, row }: { readonly connection: string; readonly row: ResourcePlanView }) {
  const [opened, setOpened] = useState<Opened>();
  const { samples, resource } = row;
  const isKept = [...samples.create, ...samples.update].every(({ body }) => body !== undefined);
  return (
    <div className={css.samples}>
      {(['create', 'update'] as const).map(
        (kind) =>
          samples[kind].length > 0 && (
            <div key={kind} className={css.sampleKind}>
              <span className={css.aside}>{KINDS[kind]}, for example</span>
              {isKept ? (
                <Openers kind={kind} samples={samples[kind]} onOpen={setOpened} />
              ) : (
                <span>{list(samples[kind].map(whereOf))}</span>
              )}
            </div>
          ),
      )}
      {samples.delete.length > 0 && (
        <div className={css.sampleKind}>
          <span className={css.aside}>{KINDS.delete}, for example</span>
          <Deleted connection={connection} resource={resource} identities={samples.delete} onOpen={setOpened} />
        </div>
      )}
      {!isKept && <p className={css.aside}>“Look closer” lets you open these records.</p>}
      {opened !== undefined && (
        <Record connection={connection} resource={resource} opened={opened} onClose={() => setOpened(undefined)} />
      )}
    </div>
  );
}

interface OpenersProps {
  readonly kind: Opened['kind'];
  readonly samples: readonly Sample[];
  readonly onOpen: (opened: Opened) => void;
}

function Openers({ kind, samples, onOpen }: OpenersProps) {
  return (
    <ul>
      {samples.map((sample) => (
        <li key={whereOf(sample)}>
          <Button
            look="quiet"
            onPress={() => {
              const { body } = sample;
              if (body !== undefined) onOpen({ kind, sample: { ...sample, body } });
            }}
          >
            {whereOf(sample)}
          </Button>
        </li>
      ))}
    </ul>
  );
}

interface DeletedProps {
  readonly connection: string;
  readonly resource: string;
  readonly identities: readonly string[];
  readonly onOpen: (opened: Opened) => void;
}

function Deleted({ connection, resource, identities, onOpen }: DeletedProps) {
  const found = useQuery('plan.deleted', { connection, resource, samples: [...identities] });
  return (
    <Loaded query={found} what="Looking for them in the last export">
      {(all) => {
        const known = all.filter((one) => one !== null);
        const lost = all.length - known.length;
        return (
          <>
            {known.length > 0 && <Openers kind="delete" samples={known} onOpen={onOpen} />}
            {lost > 0 && (
              <span>
                {known.length === 0
                  ? 'The last export that was sent does not have them, so what they were cannot be shown.'
                  : `${plural(lost, 'other is', 'others are')} not in the last export that was sent, and cannot be shown.`}
              </span>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

interface RecordProps {
  readonly connection: string;
  readonly resource: string;
  readonly opened: Opened;
  readonly onClose: () => void;
}

function Record({ connection, resource, opened: { kind, sample }, onClose }: RecordProps) {
  return (
    <Dialog
      title={`${inWords(resource)}: ${whereOf(sample)}`}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <Button autoFocus onPress={onClose}>
          Close
        </Button>
      }
    >
      {kind === 'update' && <Differences connection={connection} resource={resource} body={sample.body} />}
      {kind === 'delete' && (
        <p>
          It is no longer in the export. The last one that was sent had it at this place, and like this it was sent.
        </p>
      )}
      <Json label={LABELS[kind]} text={sample.body} />
    </Dialog>
  );
}

function Differences({
  connection,
  resource,
  body,
}: {
  readonly connection: string;
  readonly resource: string;
  readonly body: string;
}) {
  const compared = useQuery('plan.compare', { connection, resource, body });
  return (
    <Loaded query={compared} what="Asking the API what it has now">
      {({ isThere, differences }) =>
        !isThere ? (
          <Notice tone="wait">
            <p>
              The API does not have this record any more, or does not show it to this key. It would be sent as a whole.
            </p>
          </Notice>
        ) : differences.length === 0 ? (
          <Notice tone="info">
            <p>The API has it exactly so already: another system may have changed it since the last batch.</p>
          </Notice>
        ) : (
          <Scroll label="What would change" className={css.countFrame}>
            <table className={css.differences}>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">The API has now</th>
                  <th scope="col">Would be sent</th>
                </tr>
              </thead>
              <tbody>
                {differences.map(({ path, before, after }) => (
                  <tr key={path}>
                    <th scope="row">
                      <code>{path}</code>
                    </th>
                    <Value text={before} className={css.before} />
                    <Value text={after} className={css.after} />
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )
      }
    </Loaded>
  );
}

const Value = ({ text, className }: { readonly text: string | null; readonly className: string | undefined }) =>
  text === null ? <td className={css.zero}>nothing</td> : <td className={className}>{text}</td>;
