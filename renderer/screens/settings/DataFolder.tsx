/** Where Rollbook keeps what it knows, and how to have it elsewhere. */
import { useAct } from '../../client/query.ts';
import { Button } from '../../components/Button.tsx';
import { Loading, Refusal } from '../../components/Notice.tsx';
import { useLive } from '../../state/live.ts';
import { copyText } from '../../state/toasts.ts';
import css from './Settings.module.css';
import { Group } from './Settings.tsx';

export function DataFolder() {
  const host = useLive((live) => live.host);
  const reveal = useAct('files.reveal');
  return (
    <Group
      title="Data folder"
      note="The ledger of what was sent, sealed; the log for support; what belongs to the practice district. Secrets are in the keychain."
    >
      {host === undefined ? (
        <Loading />
      ) : (
        <>
          <p>
            <code className={css.path}>{host.dataFolder}</code>
          </p>
          <div className={css.buttons}>
            <Button icon="folder" onPress={() => void reveal.run({ path: host.dataFolder })}>
              Show in folder
            </Button>
            <Button icon="copy" onPress={() => void copyText(host.dataFolder, 'Where the folder is')}>
              Copy
            </Button>
          </div>
          <Refusal error={reveal.error} />
          <details>
            <summary>How to move it</summary>
            <ol className={css.steps}>
              <li>
                {host.host === 'electron'
                  ? 'Leave Rollbook by its menu: closing the window is not enough where it stays in the tray.'
                  : 'End Rollbook where it was started, with Ctrl-C.'}
              </li>
              <li>
                Move the whole folder to a disk of this computer. A network drive, or a folder that a cloud service
                copies, can damage the ledger.
              </li>
              <li>
                Set the environment variable <code>ROLLBOOK_DATA</code> of your account to its new place. Your IT staff
                can do this for you.
              </li>
              <li>Start Rollbook again: the new place is shown here, and your connections are there.</li>
            </ol>
            <p className={css.note}>
              To another computer the folder does not go: what opens it is in this computer’s keychain. Export each
              connection, and import it there.
            </p>
          </details>
        </>
      )}
    </Group>
  );
}
