/** The bundle for support: what is in it, exactly what would leave, and the file itself. */
import { useState } from 'react';
import type { CommandOutput } from '../../../core/contract/schemas.ts';
import { asRefused, call, type Refused } from '../../client/client.ts';
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Facts } from '../../components/Facts.tsx';
import { Icon } from '../../components/icons.tsx';
import { Notice, Refusal } from '../../components/Notice.tsx';
import { Card, Section } from '../../components/Page.tsx';
import { say } from '../../state/live.ts';
import { copyText } from '../../state/toasts.ts';
import { bytes, plural } from '../../text/format.ts';
import { Preview } from './Preview.tsx';
import css from './Support.module.css';
import { GETS, NEVER, suggestedName } from './words.ts';

type Saved = CommandOutput<'support.save'>;

export function Bundle() {
  const look = useAct('support.preview');
  const save = useAct('support.save');
  const [files, setFiles] = useState<CommandOutput<'support.preview'>['files']>();
  /** Each look is a new preview: it brings itself into sight. */
  const [times, setTimes] = useState(0);
  const [saved, setSaved] = useState<Saved>();
  const [failed, setFailed] = useState<Refused>();

  const preview = async (): Promise<void> => {
    setSaved(undefined);
    setFailed(undefined);
    save.clear();
    const shown = await look.run({});
    setFiles(shown?.files);
    setTimes((before) => before + 1);
    if (shown === undefined) return;
    say(`${plural(shown.files.length, 'file')} would leave. Choose one to read it.`);
  };
  const write = async (): Promise<void> => {
    setSaved(undefined);
    setFailed(undefined);
    look.clear();
    try {
      const { path } = await call('dialogs.saveFile', { purpose: 'support', suggestedName: suggestedName(new Date()) });
      if (path !== null) setSaved(await save.run({ out: path }));
    } catch (thrown) {
      setFailed(asRefused(thrown));
    }
  };
  return (
    <Card>
      <Section title="The bundle for support">
        <div className={css.two}>
          <Points title="What is in it" icon="check" points={GETS} />
          <Points title="What never is" icon="cross" points={NEVER} />
        </div>
        {files !== undefined && <Preview key={times} files={files} />}
        <div className={css.buttons}>
          {files === undefined && (
            <Button look="primary" onPress={() => void preview()} isBusy={look.isBusy}>
              Show what would leave
            </Button>
          )}
          <Button
            look={files === undefined ? 'secondary' : 'primary'}
            onPress={() => void write()}
            isBusy={save.isBusy}
          >
            Save the bundle …
          </Button>
          {files !== undefined && (
            <Button icon="refresh" onPress={() => void preview()} isBusy={look.isBusy}>
              Look again
            </Button>
          )}
        </div>
        <Stopped error={look.error ?? save.error} />
        <Refusal error={failed} />
        {saved !== undefined && <Written saved={saved} />}
      </Section>
    </Card>
  );
}

function Points({
  title,
  icon,
  points,
}: {
  readonly title: string;
  readonly icon: 'check' | 'cross';
  readonly points: typeof GETS;
}) {
  return (
    <div className={css.points}>
      <h3>{title}</h3>
      <ul>
        {points.map(({ what, how }) => (
          <li key={what}>
            <span className={`${css.mark} ${icon === 'check' ? css.in : css.out}`}>
              <Icon name={icon} />
            </span>
            <span>
              <strong>{what}</strong>
              <span className={css.how}>{how}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The engine looks through the whole bundle once more before it may be seen or saved. */
function Stopped({ error }: { readonly error: Refused | undefined }) {
  if (error?.details.findings === undefined) return <Refusal error={error} />;
  return (
    <Notice tone="bad" isAlert title="The last check stopped the bundle">
      <p>{error.message}</p>
    </Notice>
  );
}

function Written({ saved }: { readonly saved: Saved }) {
  const reveal = useAct('files.reveal');
  return (
    <Notice
      tone="good"
      isAlert
      title="The bundle was saved. Nothing was sent."
      actions={
        <>
          <Button icon="folder" onPress={() => void reveal.run({ path: saved.file })}>
            Show in folder
          </Button>
          <Button look="quiet" icon="copy" onPress={() => void copyText(saved.sha256, 'The SHA-256')}>
            Copy the SHA-256
          </Button>
        </>
      }
    >
      <div className={css.written}>
        <Facts
          facts={{
            File: <span className={css.path}>{saved.file}</span>,
            Size: `${bytes(saved.bytes)}, packed from ${plural(saved.files.length, 'file')}`,
            'SHA-256': (
              <>
                <code className={css.sum}>{saved.sha256}</code>
                <p className={css.how}>Support can tell by it that the file arrived as you saved it.</p>
              </>
            ),
          }}
        />
        <Refusal error={reveal.error} />
      </div>
    </Notice>
  );
}
